// Helpers over pages that work without them: the form token for htmx, keys in the ballot and in the moderator's queue,
// a count of characters, and a line that takes the next words while the last ones are on their way.
(() => {
  "use strict";
  const token = document.querySelector('meta[name="csrf-token"]')?.content;

  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    if (token && request.method && request.method.toUpperCase() !== "GET") request.headers["X-CSRF-Token"] = token;
  });

  const keys = { 1: "agree", 2: "disagree", 3: "pass", n: "later" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const ballot = event.target.closest("#ballot, #status");
    if (!ballot || event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])")) return;
    const key = event.key.toLowerCase();
    const button =
      key === "u"
        ? document.querySelector("#status form button")
        : keys[key] && document.querySelector(`#ballot button[name="choice"][value="${keys[key]}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // In the queue a key acts on the statement that has the focus; from the page itself, N leads to the first one.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const cards = [...document.querySelectorAll("#queue [data-keys]")];
    const at = cards.indexOf(event.target.closest("[data-keys]"));
    if (event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])")) return;
    // On a keyboard of another script the place of the key counts.
    const key = (/^[a-z]$/i.test(event.key) ? event.key : event.code.replace("Key", "")).toLowerCase();
    const goal = { n: at + 1, arrowdown: at + 1, arrowup: at - 1 }[key];
    if (goal !== undefined && (at >= 0 || (key === "n" && event.target === document.body))) {
      if (!cards[goal]) return;
      event.preventDefault();
      cards[goal].querySelector("blockquote").focus();
    } else if (at >= 0 && "admsu".includes(key)) {
      const control = cards[at].querySelector(`[aria-keyshortcuts="${key}"]`);
      if (!control) return;
      event.preventDefault();
      if (control.matches("summary")) {
        control.parentElement.open = true;
        control.parentElement.querySelector("select, input:not([type=hidden])").focus();
      } else control.click();
    }
  });

  // Where nothing came back, the page stays as it is and says so; the same form may be sent again, and counts once.
  document.addEventListener("htmx:error", (event) => {
    const status = document.getElementById("status");
    const words = document.body.dataset.lost;
    if (!status || !words || !event.detail.ctx || event.detail.ctx.response) return;
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = words;
    status.replaceChildren(line);
  });

  // What is sent stands selected, so that typing on replaces it; what was typed meanwhile goes into the next line.
  const line = () => document.querySelector("input[data-goes-on]");
  let sent = null;
  let typed = null;
  document.addEventListener("htmx:before:request", (event) => {
    if (!line()?.form.contains(event.target)) return;
    sent = line().value;
    line().select();
  });
  document.addEventListener("htmx:before:swap", () => {
    typed = sent === null ? null : (line()?.value ?? null);
  });
  document.addEventListener("htmx:after:swap", () => {
    const next = line();
    if (next && typed !== null && typed !== sent && next.value === "") {
      next.value = typed;
      next.focus();
      next.setSelectionRange(typed.length, typed.length);
    }
    sent = typed = null;
  });

  const count = (area) => {
    const line = document.querySelector(`[data-count="${CSS.escape(area.id)}"]`);
    if (!line) return;
    const left = area.maxLength - area.value.length;
    line.textContent = `${line.dataset.left} ${left}`;
    line.classList.toggle("low", left < 20);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[maxlength]")) count(event.target);
  });
})();
