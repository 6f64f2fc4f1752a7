// Passkeys and security keys: what the server asks of the device, and what that answers.
"use strict";
(() => {
  const named = !/^[\d.]+$|:/.test(location.hostname);  // no device has one for a bare address
  if (!named || !window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  for (const node of document.querySelectorAll("[data-passkey]")) node.hidden = false;
  for (const node of document.querySelectorAll("[data-passkey-absent]")) node.hidden = true;

  const options = async (form) => {
    if (form.dataset.json) return JSON.parse(form.dataset.json).publicKey;
    const answer = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    return (await answer.json()).request_options.publicKey;
  };
  const create = (asked, passwordless) => {
    const wish = passwordless ? "required" : "discouraged";
    const selection = { ...asked.authenticatorSelection, residentKey: wish, requireResidentKey: passwordless };
    if (passwordless) selection.userVerification = "required";
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({ ...asked, authenticatorSelection: selection });
    return navigator.credentials.create({ publicKey });
  };
  const get = (asked) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      const asked = await options(form);
      const passwordless = Boolean(form.elements.passwordless?.checked);
      const given = form.dataset.passkey === "create" ? await create(asked, passwordless) : await get(asked);
      form.elements.credential.value = JSON.stringify(given.toJSON());
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
})();
