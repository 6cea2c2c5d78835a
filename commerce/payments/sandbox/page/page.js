// The buttons of the sandbox's page. What they do is decided by the server; here is only which one was pressed.
const page = document.querySelector("main");
const { payment, key } = page.dataset;
const state = document.querySelector("#state");
const words = JSON.parse(document.querySelector("#words").textContent);
const ofBuyer = document.querySelector("#buyer");
const back = document.querySelector("#back");

function show(now) {
  state.textContent = words[now] ?? now;
  state.setAttribute("data-state", now);
  ofBuyer.hidden = now !== "open";
  back.hidden = now === "open";
}

async function press(button) {
  const body = { key };
  if (button.closest("details")) {
    body.notify = document.querySelector("#notify").value;
    body.delay_ms = Math.max(0, Number.parseInt(document.querySelector("#delay").value, 10) || 0);
  }
  const buttons = [...document.querySelectorAll("button")];
  for (const each of buttons) each.disabled = true;
  state.textContent = words.wait;
  try {
    const response = await fetch(`/api/sandbox/payments/${encodeURIComponent(payment)}/${button.value}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await response.json();
    show(said.state ?? "away");
    if (response.ok && !button.closest("details")) window.location.assign(back.href);
  } catch {
    show("away");
    ofBuyer.hidden = false; // nothing is known of it: the same again does nothing twice
  } finally {
    for (const each of buttons) each.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[value]");
  if (button) void press(button);
});
show(page.dataset.state);
