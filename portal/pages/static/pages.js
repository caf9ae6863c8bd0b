// What the pages do beyond HTML: the pop-up as a dialog, the countdown, and saying when the page is not up to date.
// Everything works without this file, by pages of their own and a refresh.
"use strict";

const popup = document.getElementById("popup");
const body = document.getElementById("popup-body");

// The pop-up

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === body && body.hasChildNodes()) {
    if (!popup.open) popup.showModal();
    popup.scrollTop = 0;
  }
  countDown();
});

popup.addEventListener("close", () => body.replaceChildren()); // and nothing in it asks for itself any more

popup.addEventListener("click", (event) => {
  if (event.target === popup) popup.close(); // beside it
});

// What could not be loaded

function failed(event) {
  const element = event.detail.elt;
  if (element.id === "contact") {
    document.getElementById("stale").hidden = false;
  } else if (element.matches("a[href]")) {
    window.location.assign(element.href); // its own page says what is wrong
  } else if (element.matches("form")) {
    const notice = element.parentElement.querySelector(".failed");
    if (notice) notice.hidden = false;
  }
}

document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.id === "contact" && event.detail.successful) document.getElementById("stale").hidden = true;
});

// The countdown, by the server's clock

function countDown() {
  for (const time of document.querySelectorAll("time[data-now]")) {
    time.ahead ??= Date.parse(time.dataset.now) - Date.now();
    const left = Math.ceil((Date.parse(time.dateTime) - Date.now() - time.ahead) / 1000);
    if (left > 86400) continue;
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(Math.max(left, 0) / 3600);
    const minutes = Math.floor((Math.max(left, 0) % 3600) / 60);
    const text = (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(Math.max(left, 0) % 60)}`;
    if (time.textContent !== text) time.textContent = text;
    if (left <= 0 && !time.turned) {
      time.turned = true;
      htmx.trigger("#contact", "turn");
    }
  }
}

setInterval(countDown, 1000);
countDown();
