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
    (open ? side.querySelector("a") : document.getElementById("menu")).focus();
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
    else if (act === "fill") {
      // One menu and one set of dialogs serve every EVSE: the button brings what is its own.
      for (const node of document.querySelectorAll("[data-of]")) {
        const value = target.dataset[node.dataset.of];
        if (node.tagName === "FORM") node.setAttribute("action", value);
        else if (node.tagName === "A") node.setAttribute("href", value);
        else node.textContent = value;
      }
      for (const node of document.querySelectorAll("[data-if]")) node.hidden = !target.dataset[node.dataset.if];
    } else if (act === "open-dialog") {
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
    if (event.key === "Escape" && document.querySelector("#side.open") && !document.querySelector(":popover-open")) drawer(false);
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      document.getElementById("find")?.focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("form[data-auto]")) event.target.closest("form").requestSubmit();
  });

  // The location picker: its list comes when it opens; typing narrows it, arrow keys move.
  document.addEventListener("input", (event) => {
    const list = document.getElementById(event.target.dataset.narrow);
    if (!list) return;
    const text = event.target.value.trim().toLowerCase();
    for (const line of list.children) line.hidden = !line.textContent.toLowerCase().includes(text);
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest("[popover]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!menu || !step) return;
    const stops = [...menu.querySelectorAll("input, a, button")].filter((node) => node.offsetParent);
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length]?.focus();
    event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.matches(".picks:popover-open")) event.target.querySelector("input")?.focus();
  });

  const live = (state, after = "") => {
    for (const node of document.querySelectorAll(".live")) {
      node.querySelector(".led").className = "led " + (state === "live" ? "ok" : "warn");
      node.querySelector("span").textContent = node.dataset[state] + after;
    }
  };
  let heard = new Date();
  let stale;
  const time = (instant) => instant.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  document.addEventListener("htmx:wsOpen", () => { clearTimeout(stale); stale = 0; document.body.classList.remove("stale"); live("live"); });
  document.addEventListener("htmx:wsClose", () => {
    if (stale) return;
    live("waiting");
    stale = setTimeout(() => { document.body.classList.add("stale"); live("stale", " " + time(heard)); }, 30000);
  });

  // What changed is said once, in words that came with the page; outcomes of actions also show.
  const fade = (toast) => setTimeout(() => toast.remove(), 8000);
  const show = (text, tone) => {
    const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    toast.querySelector("p").textContent = text;
    toast.className = "alert " + tone;
    document.getElementById("toasts").append(toast);
    fade(toast);
  };
  const words = () => new Map([...document.querySelectorAll("[data-say][id]")].map((node) => [node.id, node.dataset.say]));
  const tones = { accepted: "t-ok", rejected: "t-bad", failed: "t-bad", timed_out: "t-bad" };
  let said = new Map();
  addEventListener("DOMContentLoaded", () => {
    said = words();
    // What the reader opened stays open when its surroundings change.
    if (window.Idiomorph) Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");
    document.querySelectorAll("#toasts > .t-ok").forEach(fade);
  });
  document.addEventListener("htmx:wsAfterMessage", () => {
    heard = new Date();
    const now = words();
    for (const [id, text] of now) {
      if (!said.has(id) || said.get(id) === text) continue;
      const tone = tones[document.getElementById(id).dataset.toast];
      if (tone) show(text, tone);
      else document.getElementById("say").textContent = text;
    }
    said = now;
  });
})();
