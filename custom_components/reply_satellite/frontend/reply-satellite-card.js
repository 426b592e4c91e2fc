// Reply Satellite's dashboard card: one plain ES module, no build step.
//
// It watches its satellite over `reply_satellite/watch` and shows what comes; every
// button is an action of the integration. Nothing is kept here that is not shown.

const DOMAIN = "reply_satellite";
const PAGE = 5;
const RETRY = 3000;

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
    missing: "There is no {entity}",
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
    tools: "Used",
    history: "Earlier turns",
    more: "Show more",
    retry: "Try again",
    failed: "This turn failed: {reason}",
    cancelled: "Stopped",
    heard: "heard up to “{heard}”",
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
    missing: "Es gibt kein {entity}",
    talk: "Sprechen",
    send: "Antworten",
    snapshot: "Bild",
    stop: "Anhalten",
    newThread: "Neues Gespräch",
    listen: "Zuhören",
    hot: "Dieses Gespräch bleibt noch {seconds} Sekunden offen",
    hotAlways: "Dieses Gespräch bleibt offen, bis ein neues begonnen wird",
    you: "Du",
    answer: "Antwort",
    picture: "Bild von {camera}",
    tools: "Benutzt",
    history: "Frühere Fragen",
    more: "Mehr zeigen",
    retry: "Noch einmal versuchen",
    failed: "Diese Frage ist gescheitert: {reason}",
    cancelled: "Angehalten",
    heard: "gehört bis „{heard}“",
    nothing_said: "Es wurde nichts gesagt",
    close: "Schließen",
    entity: "Satellit",
    showHistory: "Frühere Fragen zeigen",
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
    missing: "{entity} n’existe pas",
    talk: "Parler",
    send: "Répondre",
    snapshot: "Image",
    stop: "Arrêter",
    newThread: "Nouveau fil",
    listen: "Écouter",
    hot: "Ce fil continue encore {seconds} secondes",
    hotAlways: "Ce fil continue jusqu’à ce qu’un autre commence",
    you: "Vous",
    answer: "Réponse",
    picture: "Image de {camera}",
    tools: "Outils",
    history: "Échanges précédents",
    more: "Afficher plus",
    retry: "Réessayer",
    failed: "Cet échange a échoué : {reason}",
    cancelled: "Arrêté",
    heard: "entendu jusqu’à « {heard} »",
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
    missing: "No existe {entity}",
    talk: "Hablar",
    send: "Responder",
    snapshot: "Imagen",
    stop: "Detener",
    newThread: "Hilo nuevo",
    listen: "Escuchar",
    hot: "Este hilo sigue {seconds} segundos más",
    hotAlways: "Este hilo sigue hasta que empiece otro",
    you: "Tú",
    answer: "Respuesta",
    picture: "Imagen de {camera}",
    tools: "Usado",
    history: "Turnos anteriores",
    more: "Mostrar más",
    retry: "Reintentar",
    failed: "Este turno falló: {reason}",
    cancelled: "Detenido",
    heard: "oído hasta «{heard}»",
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
    missing: "{entity} bestaat niet",
    talk: "Praten",
    send: "Antwoorden",
    snapshot: "Foto",
    stop: "Stop",
    newThread: "Nieuw gesprek",
    listen: "Luisteren",
    hot: "Dit gesprek blijft nog {seconds} seconden open",
    hotAlways: "Dit gesprek blijft open tot er een nieuw begint",
    you: "Jij",
    answer: "Antwoord",
    picture: "Foto van {camera}",
    tools: "Gebruikt",
    history: "Eerdere beurten",
    more: "Meer tonen",
    retry: "Opnieuw proberen",
    failed: "Deze beurt is mislukt: {reason}",
    cancelled: "Gestopt",
    heard: "gehoord tot “{heard}”",
    nothing_said: "Er is niets gezegd",
    close: "Sluiten",
    entity: "Satelliet",
    showHistory: "Eerdere beurten tonen",
    choose: "Kies een satelliet in de instellingen van deze kaart",
  },
};

const STYLE = `
  :host { display: block; block-size: 100%; }
  ha-card { --orb: var(--disabled-color, #9e9e9e); display: flex; flex-direction: column;
    min-block-size: 100%; box-sizing: border-box; padding: 16px; overflow: hidden;
    container-type: inline-size; }
  [data-phase="idle"] { --orb: var(--primary-color, #03a9f4); }
  [data-phase="recording"] { --orb: var(--error-color, #db4437); }
  [data-phase="transcribing"] { --orb: var(--warning-color, #ffa600); }
  [data-phase="thinking"] { --orb: var(--purple-color, #926bc7); }
  [data-phase="speaking"] { --orb: var(--success-color, #43a047); }
  .head { display: flex; align-items: center; gap: 12px; min-block-size: 40px; }
  h2 { flex: 1; min-inline-size: 0; margin: 0; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; font: inherit; font-size: 1.25em; font-weight: 500; }
  .ring { flex: none; inline-size: 40px; block-size: 40px; }
  .ring circle { fill: none; stroke-width: 3; stroke: var(--divider-color, #ccc); }
  .ring .left { stroke: var(--warning-color, #f90); stroke-linecap: round;
    transform: rotate(-90deg); transform-origin: center;
    transition: stroke-dashoffset 1s linear; }
  .ring text { font-size: 11px; font-variant-numeric: tabular-nums;
    text-anchor: middle; dominant-baseline: central;
    fill: var(--primary-text-color, #111); }
  .body { display: grid; grid-template-columns: minmax(0, 1fr); align-content: center;
    flex: 1; }
  .stage { display: grid; justify-items: center; gap: 20px; padding: 20px 0; }
  .orb { --level: 0; --size: 112px; inline-size: var(--size); block-size: var(--size);
    display: grid; place-items: center; isolation: isolate; border: 0; padding: 0;
    border-radius: 50%; cursor: pointer; position: relative; background: none;
    color: #fff; --mdc-icon-size: calc(var(--size) * .3); }
  .orb::before, .orb::after { content: ""; position: absolute; border-radius: 50%;
    z-index: -1; }
  .orb::before { inset: 0; transition: transform 120ms linear;
    background: radial-gradient(closest-side,
      color-mix(in srgb, var(--orb) 55%, transparent) 62%, transparent);
    transform: scale(calc(1.12 + var(--level) * .4)); }
  .orb::after { inset: 6%; transition: background-color 300ms;
    background-color: var(--orb); background-image:
      radial-gradient(circle at 32% 26%, rgb(255 255 255 / .55), transparent 48%),
      radial-gradient(circle at 70% 82%, rgb(0 0 0 / .32), transparent 62%);
    box-shadow: 0 4px 14px color-mix(in srgb, var(--orb) 40%, transparent); }
  .orb ha-icon { filter: drop-shadow(0 1px 2px rgb(0 0 0 / .45)); }
  [data-phase="idle"] .orb::before { animation: breathe 4s ease-in-out infinite; }
  [data-phase="transcribing"] .orb::after, [data-phase="thinking"] .orb::after {
    animation: turn 1.8s linear infinite; }
  [data-phase="speaking"] .orb::before { animation: breathe .9s ease-in-out infinite; }
  @keyframes breathe { 50% { transform: scale(1.3); } }
  @keyframes turn { to { transform: rotate(1turn); } }
  @media (prefers-reduced-motion: reduce) {
    .orb::before, .orb::after, .left {
      animation: none !important; transition: none !important; } }
  .says { min-block-size: 1.5em; text-align: center; font-size: 1.05em; }
  .says.problem { color: var(--error-color, #db4437); }
  .turn { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
  .turn p { margin: 0; padding: 10px 14px; border-radius: 18px; line-height: 1.45;
    max-inline-size: 85%; max-block-size: 40vh; box-sizing: border-box;
    overflow-y: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
  .turn .you { justify-self: end; max-block-size: 24vh; border-end-end-radius: 4px;
    background: color-mix(in srgb, var(--primary-color, #03a9f4) 22%, transparent); }
  .turn .answer { justify-self: start; border-end-start-radius: 4px;
    background: color-mix(in srgb, var(--primary-text-color, #111) 8%, transparent); }
  .turn .note { justify-self: center; max-inline-size: 100%; padding: 4px 0;
    overflow: visible; text-align: center; font-size: .9em;
    color: var(--secondary-text-color, #666); }
  .turn .note button { display: block; margin: 8px auto 0; }
  [hidden] { display: none !important; }
  .pictures { display: flex; flex-wrap: wrap; gap: 8px; justify-content: end; }
  .pictures:empty { display: none; }
  .pictures button { display: block; padding: 0; border: 0; border-radius: 12px;
    overflow: hidden; cursor: pointer; min-inline-size: 72px;
    background: color-mix(in srgb, var(--primary-text-color, #111) 8%, transparent); }
  .pictures img { display: block; block-size: 80px; max-inline-size: 144px;
    object-fit: cover; font-size: .75em; }
  .pictures:has(> :nth-child(5)) img { block-size: 52px; }
  .pictures:has(> :nth-child(5)) button { min-inline-size: 48px; }
  details { font-size: .9em; color: var(--secondary-text-color, #666); }
  summary { cursor: pointer; padding: 8px 0; border-radius: 8px; }
  pre { margin: 4px 0; max-block-size: 40vh; overflow-y: auto; white-space: pre-wrap;
    overflow-wrap: anywhere; }
  .actions { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px;
    padding-block-start: 16px; }
  .actions button { display: grid; justify-items: center; align-content: center;
    gap: 4px; min-block-size: 60px; padding: 8px 4px; border: 0; border-radius: 14px;
    font: inherit; font-size: .82em; line-height: 1.2; cursor: pointer;
    --mdc-icon-size: 22px; color: var(--primary-text-color, #111);
    background: color-mix(in srgb, var(--primary-text-color, #111) 5%, transparent); }
  .actions button[aria-pressed="true"] {
    background: color-mix(in srgb, var(--primary-color, #03a9f4) 16%, transparent); }
  .actions button.first:enabled {
    background: color-mix(in srgb, var(--orb) 30%, transparent); }
  .more, .retry { font: inherit; min-block-size: 40px; padding: 0 16px;
    border-radius: 20px; cursor: pointer; border: 1px solid var(--divider-color, #ccc);
    background: none; color: var(--primary-text-color, #111); }
  @media (hover: hover) {
    button:enabled:hover { filter: brightness(1.08) saturate(1.1); } }
  button:disabled { cursor: default; }
  .actions button:disabled { opacity: .4; }
  button:focus-visible, summary:focus-visible, p:focus-visible {
    outline: 3px solid var(--primary-color, #03a9f4); outline-offset: 2px; }
  .history { margin-block-start: 8px; }
  .history ol { list-style: none; margin: 8px 0; padding: 0; display: grid; gap: 20px;
    color: var(--primary-text-color, #111); }
  .history time { font-size: .85em; text-align: center;
    color: var(--secondary-text-color, #666); }
  dialog { border: 0; padding: 0; border-radius: 16px; max-inline-size: 94vw;
    overflow: hidden; background: #000; }
  dialog img { display: block; max-inline-size: 94vw; max-block-size: 88vh; }
  dialog button { position: absolute; inset-block-start: 8px; inset-inline-end: 8px;
    display: grid; place-items: center; inline-size: 44px; block-size: 44px; border: 0;
    border-radius: 50%; cursor: pointer; color: #fff; background: rgb(0 0 0 / .6); }
  dialog::backdrop { background: rgb(0 0 0 / .7); }
  @container (min-width: 440px) {
    .actions { grid-template-columns: repeat(auto-fit, minmax(56px, 1fr)); } }
  @container (min-width: 720px) {
    .orb { --size: 168px; }
    .body[data-turn] { grid-template-columns: minmax(200px, 1fr) 2fr;
      align-items: center; gap: 32px; }
    .actions button { min-block-size: 72px; font-size: .95em; --mdc-icon-size: 28px; } }
  @container (min-width: 900px) {
    .orb { --size: 220px; }
    .says { font-size: 1.35em; }
    .body .turn { font-size: 1.2em; } }
`;

// What each phase looks like in the orb, and which button it puts first.
const PHASES = {
  idle: ["mdi:microphone-outline", "talk"],
  recording: ["mdi:microphone", "send"],
  transcribing: ["mdi:waveform", "stop"],
  thinking: ["mdi:creation", "stop"],
  speaking: ["mdi:volume-high", "stop"],
  muted: ["mdi:microphone-off", "listen"],
  lost: ["mdi:alert-circle-outline", ""],
};

const BUTTONS = [
  ["talk", "mdi:microphone", "start_recording", (it) => ["idle", "thinking", "speaking"].includes(it.phase)],
  ["send", "mdi:send", "end_recording", (it) => it.phase === "recording"],
  ["snapshot", "mdi:camera", "take_snapshot", (it) => it.phase === "recording"],
  ["stop", "mdi:stop", "stop", (it) => ["recording", "transcribing", "thinking", "speaking"].includes(it.phase)],
  ["newThread", "mdi:message-plus-outline", "new_thread", (it) => it.thread_id !== null],
];

// What comes of these is in the turn's record, and the next turn may have begun before.
const ENDINGS = ["reply_spoken", "turn_failed", "turn_cancelled"];

// What the actions call them, too; whatever else fails is the satellite itself.
const SERVICES = {
  openai: "OpenAI",
  assemblyai: "AssemblyAI",
  elevenlabs: "ElevenLabs",
  porcupine: "Porcupine",
  stt: "Speech-to-text",
  tts: "Text-to-speech",
};

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

// What somebody said: a screen reader tells who it was.
function bubble(kind, who, attributes, ...text) {
  return make("p", { class: kind, role: "article", "aria-label": who, ...attributes }, ...text);
}

function icon(name) {
  return make("ha-icon", { icon: name, "aria-hidden": "true" });
}

// Sets a text that grows, and follows its end unless somebody has scrolled back.
function write(element, text) {
  if (element.textContent === text) return;
  const below = element.scrollHeight - element.scrollTop - element.clientHeight;
  element.textContent = text;
  if (below < 24) element.scrollTop = element.scrollHeight;
}

class ReplySatelliteCard extends HTMLElement {
  #config;
  #hass;
  #language;
  #subscription = null;
  #again;
  #present = false;
  #parts;
  #clock;
  #it = null;
  #skew = 0;
  #history = [];

  static getStubConfig(hass) {
    return { entity: satellites(hass)[0]?.entity_id ?? "" };
  }

  static getConfigForm() {
    return {
      schema: [
        {
          name: "entity",
          required: true,
          selector: {
            entity: { filter: [{ integration: DOMAIN, domain: "sensor", device_class: "enum" }] },
          },
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
    this.#hass = hass;
    if (this.#language !== hass.language) {
      this.#language = hass.language;
      this.#build();
      // The words for failures are the integration's own.
      hass.loadBackendTranslation?.("exceptions", DOMAIN).then(() => this.#show(), () => {});
    }
    // A satellite that comes back is another one: it must be watched anew.
    const present = this.#isPresent;
    const returned = present && !this.#present;
    this.#present = present;
    if (returned) this.#unwatch();
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

  get #isPresent() {
    const state = this.#hass?.states?.[this.#config?.entity]?.state;
    return state !== undefined && state !== "unavailable";
  }

  async #watch() {
    const device = this.#device;
    if (!this.isConnected || this.#again || this.#subscription?.device === device) return;
    this.#unwatch();
    if (!device) {
      this.#lose();
      return;
    }
    const { connection } = this.#hass;
    const subscription = { device, end: () => {} };
    this.#subscription = subscription;
    const restart = () => {
      // What was watched over the old connection ended with it.
      subscription.end = () => {};
      this.#unwatch();
      this.#watch();
    };
    connection.addEventListener?.("ready", restart);
    subscription.close = () => {
      connection.removeEventListener?.("ready", restart);
      Promise.resolve(subscription.end()).catch(() => {});
    };
    try {
      subscription.end = await connection.subscribeMessage(
        (message) => {
          if (this.#subscription === subscription) this.#take(message);
        },
        { type: `${DOMAIN}/watch`, device_id: device, level: true },
        { resubscribe: false },
      );
    } catch {
      // The satellite is being set up, or was unloaded: it may come back.
      if (this.#subscription !== subscription) return;
      this.#unwatch();
      this.#lose();
      this.#again = setTimeout(() => {
        this.#again = undefined;
        this.#watch();
      }, RETRY);
      return;
    }
    if (this.#subscription !== subscription) subscription.close();
    else this.#showHistory();
  }

  #unwatch() {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#subscription?.close?.();
    this.#subscription = null;
  }

  #lose() {
    this.#it = null;
    this.#show();
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
      case "heard":
        this.#turnOf(data.turn_id).transcript = data.transcript;
        break;
      case "reply":
        this.#it.turn ??= emptyTurn("");
        this.#it.turn.reply += data.delta;
        this.#parts.answer.hidden = false;
        write(this.#parts.answer, this.#it.turn.reply);
        return;
      case "code":
        this.#it.code += data.delta;
        break;
      case "snapshot_dropped":
        if (this.#it.turn === null) return;
        this.#it.turn.pictures = this.#it.turn.pictures.filter((it) => it.index !== data.index);
        break;
      case "event":
        this.#happen(data);
        break;
      case "turn":
        // It comes late, when all that the turn held is given back: another may run.
        if (this.#it.turn?.id === data.turn.id) {
          this.#it.turn = data.turn;
          this.#it.code = "";
        }
        this.#showHistory();
        break;
    }
    if (data.now) this.#skew = data.now - Date.now() / 1000;
    this.#show();
  }

  // The turn that is told of; a new one begins empty, and the one before is history.
  #turnOf(id) {
    if (this.#it.turn?.id !== id) {
      this.#it.turn = emptyTurn(id);
      this.#it.code = "";
      this.#showHistory();
    }
    return this.#it.turn;
  }

  #happen(data) {
    if (ENDINGS.includes(data.event)) return;
    const turn = this.#turnOf(data.turn_id);
    switch (data.event) {
      case "thread_started":
      case "thread_continued":
        // A turn that is tried again is answered anew.
        Object.assign(turn, { reply: "", failure: "", outcome: "running" });
        break;
      case "snapshot_taken":
        turn.pictures.push({ index: data.index, camera: data.camera, failure: data.failure });
        break;
      case "transcribed":
        turn.transcript = data.transcript;
        break;
      case "tool_called":
        turn.tools.push({ name: data.tool, arguments: data.arguments, failed: data.failed });
        break;
    }
  }

  // --- what is asked of it ---

  #call(action, data = {}) {
    this.#ask(DOMAIN, action, { device_id: this.#device, ...data });
  }

  async #ask(domain, action, data) {
    try {
      await this.#hass.callService(domain, action, data);
    } catch {
      // Home Assistant has told the user already, in the integration's own words.
    }
  }

  #listen() {
    const device = this.#device;
    const listening = Object.values(this.#hass.entities).find(
      (it) => it.device_id === device && it.translation_key === "listening",
    );
    if (listening === undefined || this.#it === null) return;
    const action = this.#it.listening ? "turn_off" : "turn_on";
    this.#ask("switch", action, { entity_id: listening.entity_id });
  }

  // --- what is shown ---

  #build() {
    if (this.#config === undefined || this.#hass === undefined) return;
    const say = this.#say;
    const parts = (this.#parts = {
      title: make("h2"),
      orbIcon: icon(PHASES.lost[0]),
      says: make("div", { class: "says", role: "status", "aria-live": "polite" }),
      you: bubble("you", say("you"), { hidden: true }),
      pictures: make("div", { class: "pictures" }),
      tools: make("details", { hidden: true }),
      answer: bubble("answer", say("answer"), { "aria-live": "polite", hidden: true }),
      note: make("p", { class: "note", hidden: true }),
      actions: make("div", { class: "actions" }),
      history: make("details", { class: "history", hidden: !this.#config.history }),
      list: make("ol"),
      dialog: make("dialog", { onclick: () => parts.dialog.close() }),
    });
    parts.orb = make("button", { type: "button", class: "orb", onclick: () => this.#press() }, parts.orbIcon);
    parts.buttons = BUTTONS.map(([word, picture, action, allowed]) => {
      const press = () => this.#call(action);
      const button = make("button", { type: "button", onclick: press }, icon(picture), say(word));
      return { word, button, allowed };
    });
    parts.listening = make(
      "button",
      { type: "button", onclick: () => this.#listen() },
      icon("mdi:ear-hearing"),
      say("listen"),
    );
    parts.actions.append(...parts.buttons.map(({ button }) => button), parts.listening);
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
      <text x="18" y="18.5"></text></svg>`;
    parts.ring = ring.content.firstElementChild;
    parts.turn = make("div", { class: "turn" }, parts.you, parts.pictures, parts.tools, parts.answer, parts.note);
    parts.body = make("div", { class: "body" }, make("div", { class: "stage" }, parts.orb, parts.says), parts.turn);
    const head = make("div", { class: "head" }, parts.title, parts.ring);
    parts.card = make("ha-card", {}, head, parts.body, parts.actions, parts.history, parts.dialog);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.replaceChildren(make("style", {}, STYLE), parts.card);
    this.#show();
  }

  #say = (key, values = {}) =>
    Object.entries(values).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, () => value),
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
    const { card, title, says, orb, orbIcon, buttons, listening } = this.#parts;
    const it = this.#it;
    const deaf = Boolean(it?.problem && it.problem !== "silent");
    const phase = it === null || deaf ? "lost" : it.phase;
    const [picture, first] = PHASES[phase];
    card.dataset.phase = phase;
    title.textContent = this.#config.name || it?.name || "Reply Satellite";
    const text = deaf ? this.#say("problem") : it === null ? this.#missing() : this.#say(phase);
    if (says.textContent !== text) says.textContent = text;
    says.classList.toggle("problem", phase === "lost");
    if (orbIcon.getAttribute("icon") !== picture) orbIcon.setAttribute("icon", picture);
    const press = { recording: "send", muted: "listen" }[phase] ?? "talk";
    orb.setAttribute("aria-label", this.#say(press));
    orb.disabled = phase === "lost" || phase === "transcribing";
    for (const { word, button, allowed } of buttons) {
      button.disabled = it === null || !allowed(it) || (deaf && it.phase === "idle");
      button.hidden = word === "snapshot" && it !== null && it.cameras.length === 0;
      button.classList.toggle("first", word === first);
    }
    listening.disabled = it === null;
    listening.classList.toggle("first", first === "listen");
    listening.setAttribute("aria-pressed", String(it?.listening ?? false));
    this.#showRing();
    this.#showTurn();
  }

  #missing() {
    const { entity } = this.#config;
    if (!entity) return this.#say("choose");
    return this.#device ? this.#say("lost") : this.#say("missing", { entity });
  }

  #showTurn() {
    const { body, you, pictures, tools, answer, note } = this.#parts;
    const turn = this.#it?.turn;
    you.hidden = !turn?.transcript;
    write(you, turn?.transcript ?? "");
    answer.hidden = !turn?.reply;
    // Read out once, when it is whole, and not with every word.
    answer.setAttribute("aria-busy", String(turn?.outcome === "running"));
    write(answer, turn?.reply ?? "");
    const remark = this.#noteOf(turn);
    note.hidden = !remark;
    note.replaceChildren(...(remark ? [remark, ...this.#retryOf(turn)] : []));
    this.#hang(pictures, turn);
    const uses = turn?.tools ?? [];
    const code = this.#it?.code;
    tools.hidden = !(uses.length || code);
    const names = uses.map((tool) => tool.name).join(", ");
    tools.replaceChildren(
      make("summary", {}, `${this.#say("tools")}: ${names}`),
      ...uses.map((tool) =>
        make("pre", {}, tool.arguments.code ?? JSON.stringify(tool.arguments), "\n", tool.output ?? ""),
      ),
      ...(code ? [make("pre", {}, code)] : []),
    );
    const empty = you.hidden && answer.hidden && note.hidden && tools.hidden && !pictures.firstChild;
    body.toggleAttribute("data-turn", !empty);
  }

  #noteOf(turn) {
    if (turn?.failure) return this.#say("failed", { reason: this.#reasonOf(turn.failure) });
    if (turn?.outcome === "cancelled" && turn.heard_text)
      return `${this.#say(turn.outcome)}, ${this.#say("heard", { heard: endOf(turn.heard_text) })}`;
    if (["cancelled", "nothing_said"].includes(turn?.outcome)) return this.#say(turn.outcome);
    return "";
  }

  // A failure is written `service.key`: see failures.py.
  #reasonOf(failure) {
    const [service, key] = failure.split(".");
    const path = `component.${DOMAIN}.exceptions.${key}.message`;
    return this.#hass.localize?.(path, { service: SERVICES[service] ?? "Reply Satellite" }) || failure;
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
    const open = () => this.#open(image.src, alt);
    const button = make("button", { type: "button", "aria-label": alt, onclick: open, disabled: true }, image);
    this.#hass
      .callWS({ type: `${DOMAIN}/picture`, device_id: this.#device, turn_id: turnId, index: picture.index })
      .then(
        ({ jpeg }) => {
          image.src = `data:image/jpeg;base64,${jpeg}`;
          button.disabled = false;
        },
        // Most are deleted with their recording: only what is kept is shown.
        () => button.remove(),
      );
    return button;
  }

  #open(source, alt) {
    const { dialog } = this.#parts;
    const close = make("button", { type: "button", "aria-label": this.#say("close") }, icon("mdi:close"));
    dialog.setAttribute("aria-label", alt);
    dialog.replaceChildren(make("img", { src: source, alt }), close);
    dialog.showModal();
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
    const now = Date.now() / 1000 + this.#skew;
    const seconds = it.hot_until === null ? null : Math.max(0, Math.round(it.hot_until - now));
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
    const asked = { type: `${DOMAIN}/turns`, device_id: this.#device, limit: PAGE };
    let page;
    try {
      page = await this.#hass.callWS(last ? { ...asked, before: last.id } : asked);
    } catch {
      // The satellite is not there now; what was shown of it stays.
      return;
    }
    if (this.#history.at(-1) !== last) return;
    this.#history.push(...page.turns);
    this.#parts.more.hidden = !page.more;
    const earlier = this.#history.filter((turn) => turn.id !== this.#it?.turn?.id);
    this.#parts.list.replaceChildren(...earlier.map((turn) => this.#entry(turn)));
  }

  #entry(turn) {
    const when = new Date(turn.began * 1000);
    const shown = when.toLocaleString(this.#hass.language, { dateStyle: "medium", timeStyle: "short" });
    const pictures = make("div", { class: "pictures" });
    this.#hang(pictures, turn);
    const note = this.#noteOf(turn);
    return make(
      "li",
      { class: "turn" },
      make("time", { datetime: when.toISOString() }, shown),
      ...(turn.transcript ? [bubble("you", this.#say("you"), {}, turn.transcript)] : []),
      pictures,
      ...(turn.reply ? [bubble("answer", this.#say("answer"), {}, turn.reply)] : []),
      ...(note ? [make("p", { class: "note" }, note, ...this.#retryOf(turn))] : []),
    );
  }
}

// The last words of a text, as many as fit in a line.
function endOf(text) {
  return text.length > 40 ? `…${text.slice(-40).replace(/^\S*/, "")}` : text;
}

// What each satellite does: the entities a card can be about.
function satellites(hass) {
  return Object.values(hass.entities).filter(
    (it) => it.platform === DOMAIN && it.translation_key === "conversation",
  );
}

// The card is suggested for whatever belongs to a satellite.
function suggest(hass, entityId) {
  const device = hass.entities[entityId]?.device_id;
  const satellite = device && satellites(hass).find((it) => it.device_id === device);
  if (!satellite) return null;
  return { config: { type: "custom:reply-satellite-card", entity: satellite.entity_id } };
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
  getEntitySuggestion: suggest,
  documentationURL: "https://github.com/reply-satellite/reply-satellite",
});
