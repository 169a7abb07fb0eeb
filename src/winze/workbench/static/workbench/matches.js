// Keys on the page of one pair: s same, n not the same, u unsure. Where a reason is wanted and there is none yet, the
// key goes to the reason first. Without this file the buttons work as they are.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, button, a")) return;
  const button = document.querySelector(`#judging button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  const reason = document.getElementById("reason");
  if (button.dataset.key !== "u" && reason.value.trim() === "") reason.focus();
  else button.click();
});
