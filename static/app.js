// Theme, drawer, dialogs, live state and toasts. Event names of htmx stand here only.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = localStorage.getItem("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = (theme) => {
    root.dataset.theme = theme;
    root.dispatchEvent(new CustomEvent("themechange"));
  };
  apply(stored || (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", () => localStorage.getItem("theme") || apply(dark.matches ? "dark" : "light"));

  const drawer = (open) => {
    const side = document.getElementById("side");
    if (!side) return;
    side.classList.toggle("open", open);
    document.getElementById("scrim").hidden = !open;
    document.getElementById("menu").setAttribute("aria-expanded", String(open));
    if (open) side.querySelector("a").focus();
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-do]");
    if (!target) return;
    const act = target.dataset.do;
    if (act === "theme") {
      const next = root.dataset.theme === "dark" ? "light" : "dark";
      localStorage.setItem("theme", next);
      apply(next);
    } else if (act === "menu") drawer(true);
    else if (act === "close-menu") drawer(false);
    else if (act === "open-dialog") {
      const popover = target.closest("[popover]");
      if (popover) popover.hidePopover();
      document.getElementById(target.dataset.target).showModal();
    } else if (act === "close-dialog") target.closest("dialog").close();
    else if (act === "copy") {
      navigator.clipboard.writeText(document.getElementById(target.dataset.target).textContent.trim());
      target.querySelector("[data-said]").hidden = false;
    } else if (act === "dismiss") target.closest(".alert").remove();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") drawer(false);
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      document.getElementById("find")?.focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("form[data-auto]")) event.target.closest("form").requestSubmit();
  });

  const live = (state) => {
    for (const node of document.querySelectorAll(".live")) {
      node.querySelector(".led").className = "led " + (state === "live" ? "ok" : "warn");
      node.querySelector("span").textContent = node.dataset[state];
    }
  };
  let stale;
  document.addEventListener("htmx:wsOpen", () => { clearTimeout(stale); document.body.classList.remove("stale"); live("live"); });
  document.addEventListener("htmx:wsClose", () => {
    live("waiting");
    stale = setTimeout(() => document.body.classList.add("stale"), 30000);
  });
  document.addEventListener("htmx:wsAfterMessage", () => {
    const toasts = document.querySelectorAll("#toasts > .alert.t-ok:not([data-timed])");
    for (const toast of toasts) { toast.dataset.timed = ""; setTimeout(() => toast.remove(), 8000); }
  });
})();
