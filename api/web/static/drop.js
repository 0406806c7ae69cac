// Lets a file be dropped on the form, says which one was chosen, and stops one that is too large before it is
// sent. The form works without this file. Nothing here makes HTML from text.
"use strict";
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector("[data-drop-chosen]");
  const hint = zone.querySelector("[data-drop-hint]");
  const bytesMax = Number(zone.dataset.bytesMax);
  hint.hidden = false;
  zone.classList.add("has-script");

  const show = () => {
    const file = input.files[0];
    const tooLarge = Boolean(file) && file.size > bytesMax;
    input.setCustomValidity(tooLarge ? zone.dataset.tooLarge : "");
    zone.classList.toggle("has-file", Boolean(file));
    chosen.textContent = file ? (tooLarge ? zone.dataset.tooLarge : file.name) : "";
  };
  input.addEventListener("change", show);

  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("is-over", on);
  };
  zone.addEventListener("dragenter", over(true));
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
      show();
    }
  });
}
