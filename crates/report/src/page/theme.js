// Light and dark: as the system has it, until the reader says otherwise.

const THEMES = { auto: ["◐", "as the system"], light: ["☀", "light"], dark: ["☾", "dark"] };

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const [symbol, name] = THEMES[theme];
  const button = byId("theme");
  button.textContent = symbol;
  button.title = `Colours: ${name}`;
  button.setAttribute("aria-label", `Colours: ${name}; press to change`);
  try {
    localStorage.setItem("pipeline-theme", theme);
  } catch {
    // A browser that keeps nothing of local files forgets the choice.
  }
}

function startTheme() {
  let kept = null;
  try {
    kept = localStorage.getItem("pipeline-theme");
  } catch {
    // As above.
  }
  setTheme(kept in THEMES ? kept : "auto");
  const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  byId("theme").addEventListener("click", () => {
    // From `auto` to what looks different, then to the other, then back.
    const order = isDark() ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const at = order.indexOf(document.documentElement.dataset.theme);
    setTheme(order[(at + 1) % order.length]);
  });
}
