// Reply Satellite's dashboard card: one plain ES module, no build step.
//
// It watches its satellite over `reply_satellite/watch` and shows what comes; every
// button is an action of the integration. Nothing is kept here that is not shown.

const DOMAIN = "reply_satellite";
const PAGE = 5;

const WORDS = {
  en: {
    idle: "Say “computer”",
    recording: "Listening … end with “reply”",
    transcribing: "Understanding …",
    thinking: "Thinking …",
    speaking: "Speaking",
    muted: "Not listening",
    problem: "The microphone can’t be heard",
    lost: "No connection to the satellite",
    talk: "Talk",
    send: "Reply",
    snapshot: "Snapshot",
    stop: "Stop",
    newThread: "New thread",
    listen: "Listen",
    hot: "This thread goes on for {seconds} more seconds",
    hotAlways: "This thread goes on until a new one is begun",
    you: "You",
    answer: "Answer",
    picture: "Picture of {camera}",
    pictureGone: "This picture is not kept any more",
    tools: "Used",
    history: "Earlier turns",
    more: "Show more",
    retry: "Try again",
    failed: "This turn failed: {reason}",
    cancelled: "Stopped",
    nothing_said: "Nothing was said",
    close: "Close",
    entity: "Satellite",
    showHistory: "Show earlier turns",
    choose: "Choose a satellite in this card’s settings",
  },
  de: {
    idle: "Sag „computer“",
    recording: "Ich höre zu … ende mit „reply“",
    transcribing: "Verstehe …",
    thinking: "Denke nach …",
    speaking: "Spreche",
    muted: "Hört nicht zu",
    problem: "Das Mikrofon ist nicht zu hören",
    lost: "Keine Verbindung zum Satelliten",
    talk: "Sprechen",
    send: "Antworten",
    snapshot: "Foto",
    stop: "Stopp",
    newThread: "Neuer Faden",
    listen: "Zuhören",
    hot: "Dieser Gesprächsfaden läuft noch {seconds} Sekunden",
    hotAlways: "Dieser Gesprächsfaden läuft, bis ein neuer begonnen wird",
    you: "Du",
    answer: "Antwort",
    picture: "Bild von {camera}",
    pictureGone: "Dieses Bild ist nicht mehr da",
    tools: "Benutzt",
    history: "Frühere Runden",
    more: "Mehr zeigen",
    retry: "Noch einmal versuchen",
    failed: "Diese Runde ist gescheitert: {reason}",
    cancelled: "Abgebrochen",
    nothing_said: "Es wurde nichts gesagt",
    close: "Schließen",
    entity: "Satellit",
    showHistory: "Frühere Runden zeigen",
    choose: "Wähle in den Einstellungen dieser Karte einen Satelliten",
  },
  fr: {
    idle: "Dites « computer »",
    recording: "J’écoute … terminez par « reply »",
    transcribing: "Je comprends …",
    thinking: "Je réfléchis …",
    speaking: "Je parle",
    muted: "N’écoute pas",
    problem: "Le microphone est inaudible",
    lost: "Pas de connexion au satellite",
    talk: "Parler",
    send: "Répondre",
    snapshot: "Photo",
    stop: "Arrêter",
    newThread: "Nouveau fil",
    listen: "Écouter",
    hot: "Ce fil continue encore {seconds} secondes",
    hotAlways: "Ce fil continue jusqu’à ce qu’un autre commence",
    you: "Vous",
    answer: "Réponse",
    picture: "Image de {camera}",
    pictureGone: "Cette image n’est plus conservée",
    tools: "Outils",
    history: "Échanges précédents",
    more: "Afficher plus",
    retry: "Réessayer",
    failed: "Cet échange a échoué : {reason}",
    cancelled: "Arrêté",
    nothing_said: "Rien n’a été dit",
    close: "Fermer",
    entity: "Satellite",
    showHistory: "Afficher les échanges précédents",
    choose: "Choisissez un satellite dans les réglages de cette carte",
  },
  es: {
    idle: "Di «computer»",
    recording: "Escucho … termina con «reply»",
    transcribing: "Entendiendo …",
    thinking: "Pensando …",
    speaking: "Hablando",
    muted: "No escucha",
    problem: "No se oye el micrófono",
    lost: "Sin conexión con el satélite",
    talk: "Hablar",
    send: "Responder",
    snapshot: "Foto",
    stop: "Parar",
    newThread: "Hilo nuevo",
    listen: "Escuchar",
    hot: "Este hilo sigue {seconds} segundos más",
    hotAlways: "Este hilo sigue hasta que empiece otro",
    you: "Tú",
    answer: "Respuesta",
    picture: "Imagen de {camera}",
    pictureGone: "Esta imagen ya no se conserva",
    tools: "Usado",
    history: "Turnos anteriores",
    more: "Mostrar más",
    retry: "Reintentar",
    failed: "Este turno falló: {reason}",
    cancelled: "Parado",
    nothing_said: "No se dijo nada",
    close: "Cerrar",
    entity: "Satélite",
    showHistory: "Mostrar turnos anteriores",
    choose: "Elige un satélite en los ajustes de esta tarjeta",
  },
  nl: {
    idle: "Zeg “computer”",
    recording: "Ik luister … eindig met “reply”",
    transcribing: "Begrijpen …",
    thinking: "Denken …",
    speaking: "Spreken",
    muted: "Luistert niet",
    problem: "De microfoon is niet te horen",
    lost: "Geen verbinding met de satelliet",
    talk: "Praten",
    send: "Antwoorden",
    snapshot: "Foto",
    stop: "Stop",
    newThread: "Nieuwe draad",
    listen: "Luisteren",
    hot: "Deze draad loopt nog {seconds} seconden",
    hotAlways: "Deze draad loopt tot er een nieuwe begint",
    you: "Jij",
    answer: "Antwoord",
    picture: "Beeld van {camera}",
    pictureGone: "Dit beeld wordt niet meer bewaard",
    tools: "Gebruikt",
    history: "Eerdere beurten",
    more: "Meer tonen",
    retry: "Opnieuw proberen",
    failed: "Deze beurt is mislukt: {reason}",
    cancelled: "Gestopt",
    nothing_said: "Er is niets gezegd",
    close: "Sluiten",
    entity: "Satelliet",
    showHistory: "Eerdere beurten tonen",
    choose: "Kies een satelliet in de instellingen van deze kaart",
  },
};

const STYLE = `
  :host { display: block; }
  ha-card { display: block; padding: 16px; overflow: hidden; container-type: inline-size; }
  header { display: flex; align-items: center; gap: 12px; }
  h2 { flex: 1; margin: 0; font: inherit; font-size: 1.25em; font-weight: 500; }
  .ring { inline-size: 36px; block-size: 36px; }
  .ring[hidden] { display: none; }
  .ring circle { fill: none; stroke-width: 3; stroke: var(--divider-color, #ccc); }
  .ring .left { stroke: var(--warning-color, #f90); stroke-linecap: round;
    transform: rotate(-90deg); transform-origin: center; }
  .ring text { font-size: 11px; text-anchor: middle; dominant-baseline: central;
    fill: var(--primary-text-color, #111); }
  .stage { display: grid; justify-items: center; gap: 8px; padding: 12px 0; }
  .orb { --level: 0; inline-size: 112px; block-size: 112px; border: 0; padding: 0;
    border-radius: 50%; cursor: pointer; position: relative; background: none; }
  .orb::before, .orb::after { content: ""; position: absolute; inset: 10px;
    border-radius: 50%; background: var(--orb); }
  .orb::before { opacity: .35; transition: transform 120ms linear;
    transform: scale(calc(1 + var(--level) * .35)); }
  .orb::after { box-shadow: inset -8px -10px 24px rgb(0 0 0 / .25),
    inset 6px 8px 18px rgb(255 255 255 / .35); }
  [data-phase="idle"] { --orb: var(--primary-color, #03a9f4); }
  [data-phase="recording"] { --orb: var(--error-color, #db4437); }
  [data-phase="transcribing"] { --orb: var(--warning-color, #ffa600); }
  [data-phase="thinking"] { --orb: var(--purple-color, #926bc7); }
  [data-phase="speaking"] { --orb: var(--success-color, #43a047); }
  [data-phase="muted"], [data-phase="lost"] { --orb: var(--disabled-color, #9e9e9e); }
  [data-phase="idle"] .orb::before { animation: breathe 4s ease-in-out infinite; }
  [data-phase="transcribing"] .orb::after, [data-phase="thinking"] .orb::after {
    animation: turn 1.6s linear infinite; }
  [data-phase="speaking"] .orb::before { animation: breathe .9s ease-in-out infinite; }
  @keyframes breathe { 50% { transform: scale(1.18); } }
  @keyframes turn { to { transform: rotate(1turn); } }
  @media (prefers-reduced-motion: reduce) {
    .orb::before, .orb::after { animation: none !important; transition: none; } }
  .says { min-block-size: 1.5em; text-align: center; }
  .problem { color: var(--error-color, #db4437); }
  .turn { display: grid; gap: 8px; }
  .turn p { margin: 0; padding: 8px 12px; border-radius: 14px; white-space: pre-wrap;
    overflow-wrap: anywhere; background: var(--secondary-background-color, #eee); }
  .turn .you { justify-self: end; border-end-end-radius: 4px; max-inline-size: 85%;
    background: var(--primary-color, #03a9f4); color: var(--text-primary-color, #fff); }
  .turn .answer { justify-self: start; border-end-start-radius: 4px;
    max-inline-size: 85%; }
  .turn .note { justify-self: center; font-size: .9em; background: none; padding: 0;
    color: var(--secondary-text-color, #666); }
  .pictures { display: flex; flex-wrap: wrap; gap: 6px; justify-content: end; }
  .pictures button { padding: 0; border: 0; border-radius: 10px; overflow: hidden;
    cursor: pointer; background: none; }
  .pictures img { display: block; block-size: 72px; max-inline-size: 128px;
    object-fit: cover; }
  details { font-size: .9em; color: var(--secondary-text-color, #666); }
  pre { margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .actions { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center;
    padding-block-start: 12px; }
  .actions button, .more, .retry { font: inherit; min-block-size: 40px;
    padding: 0 16px; border-radius: 20px; cursor: pointer;
    border: 1px solid var(--divider-color, #ccc);
    background: var(--card-background-color, #fff);
    color: var(--primary-text-color, #111); }
  .actions button[aria-pressed="true"] { border-color: var(--primary-color, #03a9f4); }
  button:disabled { opacity: .45; cursor: default; }
  button:focus-visible { outline: 3px solid var(--primary-color, #03a9f4);
    outline-offset: 2px; }
  .history { margin-block-start: 12px; }
  .history ol { list-style: none; margin: 8px 0; padding: 0; display: grid; gap: 16px; }
  .history time { font-size: .8em; }
  dialog { border: 0; padding: 0; border-radius: 12px; max-inline-size: 92vw; }
  dialog img { display: block; max-inline-size: 92vw; max-block-size: 82vh; }
  dialog::backdrop { background: rgb(0 0 0 / .7); }
  @container (min-width: 560px) {
    .orb { inline-size: 168px; block-size: 168px; }
    .actions button { min-block-size: 48px; padding: 0 24px; } }
`;

const BUTTONS = [
  ["talk", "start_recording", (it) => ["idle", "thinking", "speaking"].includes(it.phase)],
  ["send", "end_recording", (it) => it.phase === "recording"],
  ["snapshot", "take_snapshot", (it) => it.phase === "recording" && it.cameras.length > 0],
  ["stop", "stop", (it) => ["recording", "transcribing", "thinking", "speaking"].includes(it.phase)],
  ["newThread", "new_thread", (it) => it.thread_id !== null],
];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

class ReplySatelliteCard extends HTMLElement {
  #config;
  #hass;
  #unsubscribe;
  #watched;
  #parts;
  #clock;
  #it = null;
  #history = [];

  static getStubConfig(hass) {
    const entity = Object.values(hass.entities).find(
      (it) => it.platform === DOMAIN && it.translation_key === "conversation",
    );
    return { entity: entity?.entity_id ?? "" };
  }

  static getConfigForm() {
    return {
      schema: [
        {
          name: "entity",
          required: true,
          selector: { entity: { filter: [{ integration: DOMAIN, domain: "sensor" }] } },
        },
        { name: "name", selector: { text: {} } },
        { name: "history", default: true, selector: { boolean: {} } },
      ],
      computeLabel: (field) =>
        ({ entity: words().entity, history: words().showHistory })[field.name],
    };
  }

  setConfig(config) {
    this.#config = { history: true, ...config };
    this.#build();
    this.#watch();
  }

  set hass(hass) {
    const first = this.#hass === undefined;
    this.#hass = hass;
    if (first) this.#build();
    this.#watch();
  }

  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  connectedCallback() {
    this.#clock = setInterval(() => this.#showRing(), 1000);
    this.#watch();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#unwatch();
  }

  // --- what comes from the satellite ---

  get #device() {
    return this.#hass?.entities?.[this.#config?.entity]?.device_id;
  }

  async #watch() {
    const device = this.#device;
    if (!this.isConnected || !device || this.#watched === device) return;
    this.#unwatch();
    this.#watched = device;
    try {
      this.#unsubscribe = await this.#hass.connection.subscribeMessage(
        (message) => this.#take(message),
        { type: `${DOMAIN}/watch`, device_id: device, level: true },
      );
    } catch (error) {
      // The satellite is being set up (again): its entities come back when it is.
      console.info("Reply Satellite:", error.message);
      this.#watched = undefined;
      this.#it = null;
      this.#show();
      setTimeout(() => this.#watch(), 3000);
      return;
    }
    if (!this.isConnected) this.#unwatch();
    this.#showHistory();
  }

  #unwatch() {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#watched = undefined;
  }

  #take(message) {
    const { kind, ...data } = message;
    if (kind === "state") this.#it = { ...data, code: "" };
    if (this.#it === null) return;
    switch (kind) {
      case "level":
        this.#parts.orb.style.setProperty("--level", loudness(data.rms));
        return;
      case "phase":
        this.#it.phase = data.phase;
        break;
      case "standing":
        Object.assign(this.#it, data);
        break;
      case "reply":
        this.#it.turn.reply += data.delta;
        this.#parts.answer.textContent = this.#it.turn.reply;
        this.#parts.answer.hidden = false;
        return;
      case "code":
        this.#it.code += data.delta;
        break;
      case "snapshot_dropped":
        this.#it.turn.pictures = this.#it.turn.pictures.filter((it) => it.index !== data.index);
        break;
      case "event":
        this.#happen(data);
        break;
      case "turn":
        this.#it.turn = data.turn;
        this.#it.code = "";
        this.#showHistory();
        break;
    }
    this.#show();
  }

  #happen(data) {
    const it = this.#it;
    switch (data.event) {
      case "recording_started":
      case "thread_started":
      case "thread_continued":
        if (it.turn?.id !== data.turn_id) it.turn = emptyTurn(data.turn_id);
        break;
      case "snapshot_taken":
        it.turn.pictures.push({ index: data.index, camera: data.camera, failure: data.failure });
        break;
      case "transcribed":
        it.turn.transcript = data.transcript;
        break;
      case "tool_called":
        it.turn.tools.push({ name: data.tool, arguments: data.arguments, failed: data.failed });
        break;
    }
  }

  // --- what is asked of it ---

  async #call(action, data = {}) {
    try {
      await this.#hass.callService(DOMAIN, action, { device_id: this.#device, ...data });
    } catch (error) {
      // The words are the integration's own, in the user's language.
      const detail = { message: error.message };
      this.dispatchEvent(new CustomEvent("hass-notification", { detail, bubbles: true, composed: true }));
    }
  }

  #listen() {
    const device = this.#device;
    const listening = Object.values(this.#hass.entities).find(
      (it) => it.device_id === device && it.translation_key === "listening",
    );
    if (listening === undefined) return;
    const action = this.#it.listening ? "turn_off" : "turn_on";
    this.#hass.callService("switch", action, { entity_id: listening.entity_id });
  }

  // --- what is shown ---

  #build() {
    if (this.#config === undefined || this.#hass === undefined) return;
    const say = this.#say;
    const parts = (this.#parts = {
      title: make("h2"),
      orb: make("button", { class: "orb", onclick: () => this.#press() }),
      says: make("div", { class: "says", role: "status", "aria-live": "polite" }),
      you: make("p", { class: "you", hidden: true }),
      pictures: make("div", { class: "pictures" }),
      tools: make("details", { hidden: true }),
      answer: make("p", { class: "answer", "aria-live": "polite", hidden: true }),
      note: make("p", { class: "note", hidden: true }),
      actions: make("div", { class: "actions", role: "group" }),
      history: make("details", { class: "history", hidden: !this.#config.history }),
      list: make("ol"),
      dialog: make("dialog", { onclick: () => parts.dialog.close() }),
    });
    parts.buttons = BUTTONS.map(([word, action, allowed]) => {
      const button = make("button", { type: "button", onclick: () => this.#call(action) }, say(word));
      return [button, allowed];
    });
    parts.listening = make(
      "button",
      { type: "button", onclick: () => this.#listen() },
      say("listen"),
    );
    parts.actions.append(...parts.buttons.map(([button]) => button), parts.listening);
    parts.more = make(
      "button",
      { type: "button", class: "more", onclick: () => this.#loadHistory() },
      say("more"),
    );
    parts.history.append(make("summary", {}, say("history")), parts.list, parts.more);
    parts.history.addEventListener("toggle", () => this.#showHistory());
    const ring = document.createElement("template");
    ring.innerHTML = `<svg class="ring" viewBox="0 0 36 36" role="img" hidden>
      <circle cx="18" cy="18" r="15"/><circle class="left" cx="18" cy="18" r="15"/>
      <text x="18" y="18"></text></svg>`;
    parts.ring = ring.content.firstElementChild;
    const card = (parts.card = make(
      "ha-card",
      {},
      make("header", {}, parts.title, parts.ring),
      make("div", { class: "stage" }, parts.orb, parts.says),
      make("div", { class: "turn" }, parts.you, parts.pictures, parts.tools, parts.answer, parts.note),
      parts.actions,
      parts.history,
      parts.dialog,
    ));
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.replaceChildren(make("style", {}, STYLE), card);
    this.#show();
  }

  #say = (key, values = {}) =>
    Object.entries(values).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, value),
      words(this.#hass?.language)[key],
    );

  #press() {
    if (this.#it === null) return;
    if (this.#it.phase === "recording") this.#call("end_recording");
    else if (this.#it.phase === "muted") this.#listen();
    else if (this.#it.phase !== "transcribing") this.#call("start_recording");
  }

  #show() {
    if (this.#parts === undefined) return;
    const { card, title, says, orb, buttons, listening } = this.#parts;
    const it = this.#it;
    const phase = it?.phase ?? "lost";
    const deaf = it?.problem && it.problem !== "silent";
    card.dataset.phase = deaf ? "lost" : phase;
    title.textContent = this.#config.name ?? it?.name ?? "Reply Satellite";
    const missing = this.#config.entity ? "lost" : "choose";
    const text = this.#say(it === null ? missing : deaf ? "problem" : phase);
    if (says.textContent !== text) says.textContent = text;
    says.classList.toggle("problem", Boolean(deaf) || it === null);
    orb.setAttribute("aria-label", this.#say(phase === "recording" ? "send" : "talk"));
    orb.disabled = it === null || phase === "transcribing" || Boolean(deaf);
    for (const [button, allowed] of buttons) {
      button.disabled = it === null || !allowed(it) || (Boolean(deaf) && phase === "idle");
    }
    listening.disabled = it === null;
    listening.setAttribute("aria-pressed", String(it?.listening ?? false));
    this.#showRing();
    this.#showTurn();
  }

  #showTurn() {
    const { you, pictures, tools, answer, note } = this.#parts;
    const turn = this.#it?.turn;
    you.hidden = !turn?.transcript;
    you.textContent = turn?.transcript ?? "";
    answer.hidden = !turn?.reply;
    answer.textContent = turn?.reply ?? "";
    note.hidden = !this.#noteOf(turn);
    note.replaceChildren(...this.#noteOf(turn) ? [this.#noteOf(turn), ...this.#retryOf(turn)] : []);
    this.#hang(pictures, turn);
    tools.hidden = !(turn?.tools.length || this.#it?.code);
    const names = turn?.tools.map((tool) => tool.name) ?? [];
    tools.replaceChildren(
      make("summary", {}, `${this.#say("tools")}: ${names.join(", ")}`),
      ...(turn?.tools ?? []).map((tool) =>
        make("pre", {}, tool.arguments.code ?? JSON.stringify(tool.arguments), "\n", tool.output ?? ""),
      ),
      ...(this.#it?.code ? [make("pre", {}, this.#it.code)] : []),
    );
  }

  #noteOf(turn) {
    if (turn?.failure) return this.#say("failed", { reason: turn.failure });
    if (["cancelled", "nothing_said"].includes(turn?.outcome)) return this.#say(turn.outcome);
    return "";
  }

  #retryOf(turn) {
    if (!["failed", "unspoken", "cancelled"].includes(turn.outcome)) return [];
    const retry = () => this.#call("retry", { turn_id: turn.id });
    return [" ", make("button", { type: "button", class: "retry", onclick: retry }, this.#say("retry"))];
  }

  #hang(place, turn) {
    const wanted = (turn?.pictures ?? []).filter((picture) => !picture.failure);
    const key = turn ? `${turn.id}:${wanted.map((it) => it.index)}` : "";
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(...wanted.map((picture) => this.#thumbnail(turn.id, picture)));
  }

  #thumbnail(turnId, picture) {
    const alt = this.#say("picture", { camera: picture.camera });
    const image = make("img", { alt });
    this.#hass
      .callWS({ type: `${DOMAIN}/picture`, device_id: this.#device, turn_id: turnId, index: picture.index })
      .then(
        ({ jpeg }) => (image.src = `data:image/jpeg;base64,${jpeg}`),
        () => (image.alt = this.#say("pictureGone")),
      );
    const open = () => {
      this.#parts.dialog.replaceChildren(make("img", { src: image.src, alt }));
      this.#parts.dialog.showModal();
    };
    return make("button", { type: "button", "aria-label": alt, onclick: open }, image);
  }

  #showRing() {
    if (this.#parts === undefined) return;
    const { ring } = this.#parts;
    const it = this.#it;
    ring.toggleAttribute("hidden", !it?.thread_id);
    if (!it?.thread_id) return;
    const round = 2 * Math.PI * 15;
    const left = ring.querySelector(".left");
    left.style.strokeDasharray = round;
    const seconds = it.hot_until === null ? null : Math.max(0, Math.round(it.hot_until - Date.now() / 1000));
    const share = seconds === null ? 1 : Math.min(1, seconds / it.hot_window);
    left.style.strokeDashoffset = round * (1 - share);
    ring.querySelector("text").textContent = seconds === null ? "∞" : seconds;
    ring.setAttribute("aria-label", seconds === null ? this.#say("hotAlways") : this.#say("hot", { seconds }));
    if (seconds === 0) {
      it.thread_id = null;
      this.#show();
    }
  }

  // --- earlier turns ---

  async #showHistory() {
    if (!this.#parts?.history.open) return;
    this.#history = [];
    await this.#loadHistory();
  }

  async #loadHistory() {
    const last = this.#history.at(-1);
    const page = await this.#hass.callWS({
      type: `${DOMAIN}/turns`,
      device_id: this.#device,
      limit: PAGE,
      ...(last ? { before: last.id } : {}),
    });
    this.#history.push(...page.turns);
    this.#parts.more.hidden = !page.more;
    this.#parts.list.replaceChildren(...this.#history.map((turn) => this.#entry(turn)));
  }

  #entry(turn) {
    const when = new Date(turn.began * 1000);
    const pictures = make("div", { class: "pictures" });
    this.#hang(pictures, turn);
    const note = this.#noteOf(turn);
    return make(
      "li",
      { class: "turn" },
      make("time", { datetime: when.toISOString() }, when.toLocaleString(this.#hass.language)),
      ...(turn.transcript ? [make("p", { class: "you" }, turn.transcript)] : []),
      pictures,
      ...(turn.reply ? [make("p", { class: "answer" }, turn.reply)] : []),
      ...(note ? [make("p", { class: "note" }, note, ...this.#retryOf(turn))] : []),
    );
  }
}

function words(language = document.documentElement.lang) {
  return { ...WORDS.en, ...WORDS[(language || "en").split("-")[0]] };
}

// Speech lies between -60 and -15 dB below full scale.
function loudness(rms) {
  return Math.min(1, Math.max(0, (rms + 60) / 45)).toFixed(2);
}

function emptyTurn(id) {
  return { id, transcript: "", reply: "", pictures: [], tools: [], failure: "", outcome: "running" };
}

customElements.define("reply-satellite-card", ReplySatelliteCard);
window.customCards = window.customCards ?? [];
window.customCards.push({
  type: "reply-satellite-card",
  name: "Reply Satellite",
  description: "A voice satellite: what it hears, sees and answers",
  preview: true,
  documentationURL: "https://github.com/reply-satellite/reply-satellite",
});
