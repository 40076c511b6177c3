// What the workplace adds to plain forms: one more row, a source cleared, and streams found by a few letters.
"use strict";

// One more row of a list, from its template; without scripts the button asks the server for it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add]");
  if (!button) return;
  event.preventDefault();
  const rows = button.closest(".rows");
  const total = rows.querySelector("input[name$=-TOTAL_FORMS]");
  const row = rows.querySelector(":scope > template").content.cloneNode(true);
  for (const part of row.querySelectorAll("*")) {
    for (const attribute of [...part.attributes]) {
      attribute.value = attribute.value.replaceAll("__prefix__", total.value);
    }
  }
  rows.insertBefore(row, button);
  total.value = Number(total.value) + 1;
  const last = [...rows.querySelectorAll(":scope > .row")].at(-1);
  last.querySelector("input, textarea, select").focus();
  last.querySelectorAll("[data-lookup]").forEach(offerStreams);
});

// Empties a row that was filled in advance.
document.querySelectorAll("[data-clear]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const fields = document.querySelectorAll(`[name^="${button.dataset.clear}-"]`);
    fields.forEach((field) => { if (field.type === "checkbox") field.checked = false; else field.value = ""; });
    fields[0].focus();
  });
});

// A list of streams under a field, after the combobox pattern: arrows, Enter and Escape, or the mouse.
function offerStreams(field) {
  const list = document.createElement("ul");
  list.id = `${field.id}_streams`;
  list.className = "streams";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  field.insertAdjacentElement("afterend", list);
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  if (field.tagName === "INPUT") Object.entries(roles).forEach(([name, value]) => field.setAttribute(name, value));
  const lines = field.tagName === "TEXTAREA";
  let chosen = -1, asked = 0;

  const word = () => (lines ? field.value.slice(0, field.selectionStart).split("\n").at(-1) : field.value).trim();
  const options = () => [...list.children].filter((option) => option.dataset.stream);

  function show(open) {
    list.hidden = !open;
    if (!lines) field.setAttribute("aria-expanded", String(open));
    if (!open) { chosen = -1; field.removeAttribute("aria-activedescendant"); }
  }

  function mark(place) {
    const all = options();
    chosen = (place + all.length) % all.length;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const stream = field.dataset.whole ? option.dataset.stream : option.dataset.stream.split("/")[1];
    if (lines) {
      const before = field.value.slice(0, field.selectionStart).split("\n").slice(0, -1);
      const after = field.value.slice(field.selectionStart);
      field.value = [...before, stream].join("\n") + "\n" + after.trimStart();
    } else {
      field.value = stream;
    }
    show(false);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function fill(streams) {
    list.replaceChildren(...streams.map((found, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}_${index}`;
      option.dataset.stream = found.stream;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const title = document.createElement("b");
      title.textContent = found.title;
      const about = document.createElement("span");
      about.textContent = `${found.stream.split("/")[1]}${found.about ? " · " + found.about : ""}`;
      option.append(title, about);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(option); });
      return option;
    }));
    show(streams.length > 0);
  }

  async function ask() {
    const mine = ++asked, text = word();
    if (text.length < 2) return show(false);
    const query = new URLSearchParams({ kinds: field.dataset.lookup, q: text });
    const answer = await fetch(`${document.querySelector("meta[name=streams]").content}?${query}`, { headers: { Accept: "application/json" } });
    if (answer.ok && mine === asked && document.activeElement === field) fill((await answer.json()).streams);
  }

  let waiting;
  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 150); });
  field.addEventListener("blur", () => show(false));
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) { event.preventDefault(); mark(chosen + steps[event.key]); }
    if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(options()[chosen]); }
    if (event.key === "Escape") { event.stopPropagation(); show(false); }
  });
}
document.querySelectorAll("[data-lookup]").forEach((field) => { if (!field.closest("template")) offerStreams(field); });

// A file that is too large is told before it is sent.
document.querySelectorAll("input[type=file][data-most]").forEach((field) => {
  field.addEventListener("change", () => {
    const size = field.files[0]?.size ?? 0, most = Number(field.dataset.most);
    field.parentElement.querySelector(".errorlist")?.remove();
    if (size <= most) return;
    const list = document.createElement("ul"), item = document.createElement("li");
    list.className = "errorlist";
    list.setAttribute("role", "alert");
    item.textContent = `It has ${(size / 1048576).toFixed(1)} MB, at most ${(most / 1048576).toFixed(0)} MB are taken`;
    list.append(item);
    field.insertAdjacentElement("afterend", list);
    field.value = "";
  });
});

// How far the check of a file has come; when it is done the page shows what it found.
document.querySelectorAll("progress[data-progress]").forEach((bar) => {
  async function look() {
    const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) {
      const { done, checked } = await answer.json();
      if (checked) return location.reload();
      bar.value = done;
      document.querySelector("[data-done]").textContent = done;
    }
    setTimeout(look, 700);
  }
  setTimeout(look, 300);
});

// A sent sheet is sent once.
document.querySelectorAll("form.sheet[method=post], form.next").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
});

// The first field that is refused gets the eye, and the keyboard.
document.querySelector(".field.wrong input, .field.wrong textarea, .field.wrong select")?.focus();
