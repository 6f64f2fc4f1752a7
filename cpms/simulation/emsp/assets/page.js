// Replaces what lives on the page every two seconds; never under somebody's keyboard focus.
"use strict";

const news = document.getElementById("news");

async function refresh() {
  if (document.hidden || news.contains(document.activeElement)) return;
  const scrolled = [...news.querySelectorAll(".scroll")].map((box) => [box.getAttribute("aria-label"), box.scrollTop, box.scrollLeft]);
  try {
    const answer = await fetch(news.dataset.url);
    if (!answer.ok || news.contains(document.activeElement)) return;
    news.innerHTML = await answer.text();
  } catch {
    return; // the eMSP is away: what is shown stays
  }
  for (const [name, top, left] of scrolled) {
    const box = news.querySelector(`.scroll[aria-label="${name}"]`);
    if (box) box.scrollTo(left, top);
  }
}

setInterval(refresh, 2000);
