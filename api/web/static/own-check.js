// Lets the visitor's own browser check what the page shows, and what is chosen on the page that checks. The pages work
// without this file; then they say whose verdict it is. Nothing here makes HTML from text, and nothing is sent.
import { element, sentence, titleOf } from "./showing.js";
import { check } from "./verifier.js";

const panel = document.querySelector("[data-own-check]");
const { policy, file, verdicts, words } = JSON.parse(panel.dataset.ownCheck);
const SHAPES = "http://www.w3.org/2000/svg";

/** Show one of the panel's prepared outcomes and hide the others. */
function showState(state) {
  for (const part of panel.querySelectorAll("[data-own-state]")) part.hidden = part.dataset.ownState !== state;
  panel.dataset.state = state;
  panel.hidden = state === "nothing";
}

function glyph(verdict) {
  const svg = document.createElementNS(SHAPES, "svg");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SHAPES, "use");
  use.setAttribute("href", `#verdict-${verdict}`);
  svg.append(use);
  return svg;
}

/** One credential that is not plainly valid: its name, its verdict in a word, and why. */
function line(credential) {
  const deciding = credential.checks.filter((one) => one.required && one.verdict === credential.verdict);
  const why = credential.verdict === "valid" ? [] : [...new Set(deciding.map((one) => sentence(one, words)))];
  const title = element("p", "check-title",
    element("b", "", titleOf(credential, words)),
    element("span", "check-word", words.verdicts[credential.verdict]));
  return element("li", `check is-${credential.verdict}`, glyph(credential.verdict),
    element("div", "check-words", title, ...why.map((text) => element("p", "", text))));
}

/** The outcome of a report beside what the server found. The server may know more, such as what was withdrawn today. */
function stateOf(report) {
  const own = report.credentials.map((credential) => credential.verdict);
  if (verdicts.length > 0 && own.some((verdict, index) => verdict === "invalid" && verdicts[index] !== "invalid")) return "differs";
  if (report.verdict === "valid" && verdicts.some((verdict) => verdict !== "valid")) return "less";
  const isSame = verdicts.length > 0 && own.every((verdict, index) => verdict === verdicts[index]);
  return isSame && report.verdict === "undetermined" ? "same" : report.verdict;
}

/** Check, and show what came of it, unless something else was chosen meanwhile. */
async function run(bytes, isLatest = () => true) {
  showState("working");
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const list = panel.querySelector("[data-own-list]");
  try {
    const report = await check(bytes, { policy, at });
    if (!isLatest()) return report.verdict;
    const of = (verdict) => report.credentials.filter((credential) => credential.verdict === verdict);
    list.replaceChildren(...[...of("invalid"), ...of("undetermined")].map(line));
    showState(stateOf(report));
    return report.verdict;
  } catch (error) {
    if (!isLatest()) return null;
    list.replaceChildren();
    // What is no credential at all is for the server to explain; what this browser cannot do is said here.
    showState(error.code === undefined || file !== null ? "unable" : "nothing");
    return null;
  }
}

if (file !== null) await run(new TextEncoder().encode(file));

// On the page that checks: at once when something is chosen, before anything is sent.
for (const form of document.querySelectorAll("form.verify-form")) {
  const [input, text] = [form.querySelector("input[type=file]"), form.querySelector("textarea")];
  let latest = Promise.resolve(null);
  let asked = 0;
  const chosen = async () => {
    if (input.files.length > 0) return new Uint8Array(await input.files[0].arrayBuffer());
    const pasted = text.value.trim();
    return pasted === "" || /^https?:/.test(pasted) ? null : new TextEncoder().encode(pasted);
  };
  const look = () => {
    asked += 1;
    const mine = asked;
    latest = chosen().then((bytes) => {
      if (mine !== asked) return latest;
      if (bytes !== null) return run(bytes, () => mine === asked);
      showState("nothing");
      return null;
    });
  };
  input.addEventListener("change", look);
  text.addEventListener("input", look);
  look(); // a browser that goes back keeps what was chosen

  // What this browser found wrong need not be sent to anybody; who wants to, can.
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.hasAttribute("data-own-send")) return;
    event.preventDefault();
    if ((await latest) === "invalid") panel.focus();
    else form.submit();
  });
}
