"use strict";
const form = document.querySelector("form");
const queries = [...document.querySelectorAll(".query")];
const button = form.querySelector("button");

// Each select filters by the query's data attribute of the same name: its class, or whether a run's answer is right.
function filter() {
  const choices = [...form.querySelectorAll("select")].filter(select => select.value !== "");
  for (const query of queries) {
    query.hidden = choices.some(select => query.dataset[select.name] !== select.value);
  }
  const shown = queries.filter(query => !query.hidden).length;
  form.querySelector("output").value = `${shown} of ${queries.length} queries`;
}

function play(playing) {
  document.body.dataset.clips = playing ? "playing" : "paused";
  button.textContent = playing ? "Pause clips" : "Play clips";
}

form.addEventListener("change", filter);
form.addEventListener("submit", event => event.preventDefault());
button.addEventListener("click", () => play(document.body.dataset.clips === "paused"));
play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
filter();
form.hidden = false;
