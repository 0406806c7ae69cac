// What of a report is shown, the same in every script of ours that shows one: names, sentences, and a stranger's text.
// Nothing here makes HTML from text.

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

/** A stranger's text in its own direction, composed, without characters that hide or turn what follows. */
export const stranger = (text) => element("bdi", "", String(text).replace(/[^\P{C}\n\t\u200c\u200d]/gu, "").normalize("NFC"));

/** What a credential calls itself, or in our words that it does not, or that it cannot be read at all. */
export function titleOf({ name, checks }, words) {
  return stranger(name?.trim() ? name : checks[0].name === "format" ? words.unreadable : words.untitled);
}

/** What in particular a finding is about: some codes have a sentence of their own for it. */
const particular = (detail) => (
  detail.ceased_at === undefined ? detail.purpose ?? detail.by ?? detail.time_source : "ceased"
);

export const sentence = ({ name, verdict, code, detail }, words) => (
  words.codes[`${code}/${particular(detail)}`] ?? words.codes[code] ?? words.others[`${name}/${verdict}`]
);
