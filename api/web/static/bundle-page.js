// The page that a bundle can be kept as: it checks the bundle inside it and shows what it says. This file and the
// verifier stand in the page themselves, one behind the other, so that it works offline for as long as there are browsers.
{
  const text = document.getElementById("leerspoor-bundle").textContent;
  const words = JSON.parse(document.getElementById("leerspoor-words").textContent);
  const bundle = JSON.parse(text); // for showing; what counts is what `check` reads strictly
  const MARKS = { valid: "✓", invalid: "✕", undetermined: "?" };
  const LANGUAGES = ["nl", "en"];

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className !== "") made.className = className;
    made.append(...children);
    return made;
  };
  /** A stranger's text: composed, in its own direction, without characters that hide or turn what follows. */
  const stranger = (value) => element("bdi", "", String(value).replace(/[^\P{C}\n\t\u200c\u200d]/gu, "").normalize("NFC"));
  const day = (moment, language) => new Date(moment).toLocaleDateString(language, { dateStyle: "long", timeZone: "UTC" });

  /** What in particular a finding is about: some codes have a sentence of their own for it. */
  const particular = (detail) => (
    detail.ceased_at === undefined ? detail.purpose ?? detail.by ?? detail.time_source : "ceased"
  );

  /** One finding in a language: its verdict, its title and a sentence. */
  const row = ({ name, verdict, code, detail, required }, say) => element("li", `is-${verdict}`,
    element("span", "mark", MARKS[verdict]),
    element("p", "", element("b", "", say.titles[name]), `: ${say.verdicts[verdict]}. `,
      say.codes[`${code}/${particular(detail)}`] ?? say.codes[code] ?? say.others[`${name}/${verdict}`],
      required || verdict === "valid" ? "" : ` ${say.aside}`, element("code", "", code)));

  const fact = (label, value) => [element("dt", "", label), element("dd", "", value)];

  function card(credential, item, language) {
    const say = words[language];
    const said = item.media_type === "application/vc" ? JSON.parse(item.credential) : {};
    const achievement = said.credentialSubject?.achievement ?? {};
    const facts = [
      [say.labels.issuer, credential.issuer_name === null ? null : stranger(credential.issuer_name)],
      ...["awarded", "valid_from", "valid_until", "recorded_at"].map((name) => (
        [say.labels[name], credential[name] === null ? null : day(credential[name], language)])),
    ].filter(([, value]) => value !== null);
    const paragraphs = [achievement.description, achievement.criteria?.narrative].filter((value) => typeof value === "string");
    return element("article", `card is-${credential.verdict}`,
      element("p", "stamp", `${MARKS[credential.verdict]} ${say.verdicts[credential.verdict]}`),
      element("h3", "", stranger(credential.name ?? say.unreadable)),
      element("dl", "", ...facts.flatMap(([label, value]) => fact(label, value))),
      ...paragraphs.map((value) => element("p", "said", stranger(value))),
      element("details", "", element("summary", "", say.labels.checks), element("ul", "checks", ...credential.checks.map((one) => row(one, say)))));
  }

  function show(report, language) {
    const say = words[language];
    const place = document.querySelector(`div[lang=${language}] [data-outcome]`);
    const head = element("p", `verdict is-${report.verdict}`, element("span", "mark", MARKS[report.verdict]), say.outcomes[report.verdict]);
    const wrong = report.checks.filter((one) => one.verdict !== "valid");
    place.replaceChildren(head,
      element("p", "hint", say.judged.replace("%s", day(report.at, language))),
      ...report.credentials.map((credential, index) => card(credential, bundle.items[index], language)),
      ...(wrong.length === 0 ? [] : [element("ul", "checks", ...wrong.map((one) => row(one, say)))]));
  }

  // One language at a time, and a choice; without a script both stand below each other.
  const choose = (language) => {
    document.documentElement.dataset.language = language;
    document.documentElement.lang = language;
  };
  for (const button of document.querySelectorAll("[data-choose]")) {
    button.hidden = false;
    button.addEventListener("click", () => choose(button.dataset.choose));
  }
  choose(navigator.language.startsWith("nl") ? "nl" : "en");

  try {
    const at = `${new Date().toISOString().slice(0, 19)}Z`;
    const report = await check(new TextEncoder().encode(text), { policy: bundle.policy ?? null, at });
    for (const language of LANGUAGES) show(report, language);
    document.documentElement.dataset.verdict = report.verdict;
  } catch (error) {
    for (const language of LANGUAGES) {
      const say = words[language];
      const why = error.code === undefined ? say.unable : say.broken;
      document.querySelector(`div[lang=${language}] [data-outcome]`).replaceChildren(element("p", "verdict is-undetermined", why));
    }
    document.documentElement.dataset.verdict = error.code ?? "unable";
  }
}
