// Dragging an item of the curated slate to another place: the form behind "Move up" is sent with the new place. The
// buttons do the same without it, and by keyboard.
(() => {
  "use strict";
  const items = () => [...document.querySelectorAll("[data-reorder] > .pick")];
  let held = null;

  const ready = () => {
    for (const item of items()) if (item.dataset.place) item.draggable = true;
  };

  const under = (event) => event.target.closest?.("[data-reorder] > .pick");

  const field = (form, name, value) => {
    let input = form.querySelector(`input[name="${name}"]`);
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.append(input);
    }
    input.value = value;
  };

  document.addEventListener("dragstart", (event) => {
    held = under(event)?.dataset.place ? under(event) : null;
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.id);
    held.classList.add("held");
  });

  document.addEventListener("dragover", (event) => {
    const over = under(event);
    for (const item of items()) item.classList.toggle("over", item === over && item !== held && held !== null);
    if (held && over) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    const over = under(event);
    if (!held || !over || over === held) return;
    event.preventDefault();
    const form = held.querySelector(".moves form");
    field(form, "direction", "to");
    field(form, "place", items().indexOf(over) + 1);
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => {
    for (const item of items()) item.classList.remove("held", "over");
    held = null;
  });

  document.addEventListener("htmx:after:swap", ready);
  ready();
})();
