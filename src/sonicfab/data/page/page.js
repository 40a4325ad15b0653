"use strict";
// The page is whole without this: it adds what a port is when it is pointed at or focused, a filter, and all of it in print.
(() => {
  const tip = document.getElementById("tip");
  const told = (at) => at && at.closest("svg.front .cage, svg.fabric .box, svg.fabric .cell, svg.fabric .line");
  let by = "";
  const show = (at, who) => {
    const title = told(at) && told(at).querySelector("title");
    if (!title && who !== by) return; // what has the focus is not forgotten when the page moves below the pointer
    by = who;
    tip.hidden = !title;
    tip.textContent = title ? title.textContent : "";
  };
  document.addEventListener("pointerover", (event) => show(event.target, "pointer"));
  document.addEventListener("focusin", (event) => show(event.target.querySelector(".cage, .box, .cell"), "focus"));
  document.addEventListener("focusout", () => show(null, "focus"));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  const open = () => {
    const at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = at; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    if (at) at.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();

  const switches = [...document.querySelectorAll("details.switch")];
  const filter = document.getElementById("filter");
  if (switches.length > 8) filter.closest("p").hidden = false;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const one of switches) {
      one.hidden = !words.every((word) => one.dataset.words.toLowerCase().includes(word));
      count += !one.hidden;
    }
    document.getElementById("found").textContent = `${count} of ${switches.length}`;
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
})();
