// The page that a bundle can be kept as: it checks the bundle inside it and shows what it says. The verifier, showing.js
// and this file stand in the page themselves, in this order, so that it works offline for as long as there are browsers.
{
  const text = document.getElementById("leerspoor-bundle")?.textContent ?? "";
  const words = JSON.parse(document.getElementById("leerspoor-words").textContent);
  const MARKS = { valid: "✓", invalid: "✕", undetermined: "?" };
  const LOCALES = { nl: "nl", en: "en-GB" }; // as on the pages of a ledger

  /** JSON for showing; what counts, and what is wrong with a text that is none, is for `check` to say. */
  const loosely = (json) => {
    try {
      return JSON.parse(json) ?? {};
    } catch {
      return {};
    }
  };
  const bundle = loosely(text);

  const day = (moment, language) => new Date(moment).toLocaleDateString(LOCALES[language], { dateStyle: "long", timeZone: "UTC" });

  /** One finding in a language: its verdict, its title and a sentence. */
  const row = (one, say) => element("li", `is-${one.verdict}`,
    element("span", "mark", MARKS[one.verdict]),
    element("p", "", element("b", "", say.titles[one.name]), `: ${say.verdicts[one.verdict]}. `, sentence(one, say),
      one.required || one.verdict === "valid" ? "" : ` ${say.aside}`, element("code", "", one.code)));

  const fact = (label, value) => [element("dt", "", label), element("dd", "", value)];

  function card(credential, item, language) {
    const say = words[language];
    const said = item.media_type === "application/vc" ? loosely(item.credential) : {};
    const achievement = said.credentialSubject?.achievement ?? {};
    const facts = [
      [say.labels.issuer, credential.issuer_name === null ? null : stranger(credential.issuer_name)],
      ...["awarded", "valid_from", "valid_until", "recorded_at"].map((name) => (
        [say.labels[name], credential[name] === null ? null : day(credential[name], language)])),
    ].filter(([, value]) => value !== null);
    const paragraphs = [achievement.description, achievement.criteria?.narrative].filter((value) => typeof value === "string");
    return element("article", `card is-${credential.verdict}`,
      element("p", "stamp", `${MARKS[credential.verdict]} ${say.verdicts[credential.verdict]}`),
      element("h3", "", titleOf(credential, say)),
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
    for (const language of Object.keys(LOCALES)) show(report, language);
    document.documentElement.dataset.verdict = report.verdict;
  } catch (error) {
    for (const language of Object.keys(LOCALES)) {
      const say = words[language];
      const why = error.code === undefined ? say.unable : say.broken;
      document.querySelector(`div[lang=${language}] [data-outcome]`).replaceChildren(element("p", "verdict is-undetermined", why));
    }
    document.documentElement.dataset.verdict = error.code ?? "unable";
  }
}
