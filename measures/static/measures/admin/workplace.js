// What the workplace adds to plain forms: one more row, a source cleared, and what a field takes found by a few letters.
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
  last.querySelectorAll("[data-lookup]").forEach(offer);
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

// A list of offers under a field, after the combobox pattern: arrows, Enter and Escape, or the mouse.
function offer(field) {
  const list = document.createElement("ul");
  list.id = `${field.id}_offers`;
  list.className = "offers";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  field.insertAdjacentElement("afterend", list);
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  if (field.tagName === "INPUT") Object.entries(roles).forEach(([name, value]) => field.setAttribute(name, value));
  const lines = field.tagName === "TEXTAREA";
  let chosen = -1, asked = 0;

  // Names may hold commas, codes may be separated by them.
  const between = field.dataset.lookup === "code" ? /[\n,;]/ : /\n/;
  const typed = () => (lines ? field.value.slice(0, field.selectionStart).split(between).at(-1) : field.value);
  const options = () => [...list.children];

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
    const value = field.dataset.whole ? option.dataset.value : option.dataset.value.replace(/^[a-z]+\//, "");
    if (lines) {
      const before = field.value.slice(0, field.selectionStart - typed().length);
      const after = field.value.slice(field.selectionStart);
      field.value = `${before}${value}\n${after.trimStart()}`;
    } else {
      field.value = value;
    }
    Object.entries(JSON.parse(option.dataset.fill)).forEach(([name, beside]) => {
      const [other] = document.getElementsByName(field.name.replace(/[a-z_]+$/, name));
      if (other && !other.value) other.value = beside;
    });
    show(false);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function fill(offers) {
    list.replaceChildren(...offers.map((found, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}_${index}`;
      option.dataset.value = found.value;
      option.dataset.fill = JSON.stringify(found.fill ?? {});
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const title = document.createElement("b");
      title.textContent = found.title;
      const about = document.createElement("span");
      about.textContent = found.about;
      option.append(title, about);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(option); });
      return option;
    }));
    show(offers.length > 0);
  }

  async function ask() {
    const mine = ++asked, text = typed().trim();
    if (text.length < 2) return show(false);
    const query = new URLSearchParams({ kinds: field.dataset.lookup, q: text });
    const answer = await fetch(`${document.querySelector("meta[name=lookup]").content}?${query}`, { headers: { Accept: "application/json" } });
    if (answer.ok && mine === asked && document.activeElement === field) fill((await answer.json()).offers);
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
document.querySelectorAll("[data-lookup]").forEach((field) => { if (!field.closest("template")) offer(field); });

// What follows readers about in an address leads to the same page without it.
const FOLLOWING = /^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid)$/;
document.addEventListener("change", ({ target }) => {
  if (!/-url$/.test(target.name ?? "") || !URL.canParse(target.value)) return;
  const address = new URL(target.value), names = [...address.searchParams.keys()].filter((name) => FOLLOWING.test(name));
  names.forEach((name) => address.searchParams.delete(name));
  if (names.length) target.value = address.href;
});

// A pasted address fills in what its page says of itself, where nothing stands yet.
document.addEventListener("change", async (event) => {
  const name = event.target.name?.match(/^(.*-sources-\d+-)url$/)?.[1];
  if (!name || !/^https?:\/\/\S+$/.test(event.target.value)) return;
  const beside = (field) => document.getElementsByName(name + field)[0];
  if (!["title", "publisher", "published"].some((field) => beside(field)?.value === "")) return;
  const body = new URLSearchParams({ url: event.target.value });
  const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
  const asked = fetch(document.querySelector("meta[name=address]").content, { method: "POST", headers, body });
  const answer = await asked.catch(() => null);
  if (!answer?.ok) return;
  for (const [field, value] of Object.entries(await answer.json())) {
    const target = beside(field);
    if (target && target.value === "") target.value = value;
  }
});

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
  window.addEventListener("pageshow", () => delete form.dataset.sent);
});

// What was sent and did not arrive, as when the session had ended or the server broke, is filled in again; so is
// what arrived, for who goes back to its sheet.
const sheet = document.querySelector("form.sheet:has([name=draft])");
const here = location.pathname + location.search;
const person = document.querySelector("#user-tools strong")?.textContent;

function refill(fields) {
  for (const [name, value] of fields) {
    const rows = name.match(/^(.+)-TOTAL_FORMS$/)?.[1];
    const more = rows && sheet.querySelector(`button[name=add][value="${rows}"]`);
    while (more && Number(sheet.elements[name].value) < Number(value)) more.click();
  }
  const said = new Map(fields);
  for (const field of sheet.querySelectorAll("input:not([name=csrfmiddlewaretoken]), select, textarea")) {
    const before = [field.checked, field.value].join();
    if (field.type === "checkbox") field.checked = said.has(field.name);
    else if (said.has(field.name) && field.type !== "file") field.value = said.get(field.name);
    if (field.type === "hidden" || before === [field.checked, field.value].join()) continue;
    for (let part = field; (part = part.parentElement.closest("details"));) part.open = true;
  }
}

function noteLoss() {
  const note = document.createElement("div");
  note.className = "doubt";
  note.setAttribute("role", "status");
  note.textContent = "What you sent last did not arrive. It is filled in again; a file has to be chosen again.";
  sheet.before(note);
}

if (person) {
  const sent = JSON.parse(sessionStorage.getItem("sent"));
  const [{ type }] = performance.getEntriesByType("navigation");
  const answers = document.querySelector("[data-answers]");
  if (answers) history.replaceState(null, "", here);  // the way back then asks for this page, and sends nothing
  if (sent && (answers || document.querySelector("form.next, .messagelist .success"))) {
    sessionStorage.setItem("sent", JSON.stringify({ ...sent, arrived: true }));
  } else if (sheet && sent?.at === here && sent.by === person && (!sent.arrived || type === "back_forward")) {
    refill(sent.fields);
    if (!sent.arrived) {
      noteLoss();
      sessionStorage.removeItem("sent");
    }
  }
}
sheet?.addEventListener("submit", () => {
  const fields = [...new FormData(sheet)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  sessionStorage.setItem("sent", JSON.stringify({ at: here, by: person, fields }));
});

// The first field that is refused gets the eye, and the keyboard.
document.querySelector(".field.wrong input, .field.wrong textarea, .field.wrong select")?.focus();
