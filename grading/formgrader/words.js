// Beside nbgrader's own scripts, on its page of one submission: boxes for criteria that fill in its score and comment,
// and a warning where somebody else has marked the same answer meanwhile. Saving stays nbgrader's.
/* global $, _, formgrader, Grade, Comment, GradeUI, CommentUI, FormGrader */
(() => {
  const LINE = "By criterion: ";
  const beside = (name) => $(".bp-beside").filter((_i, aside) => aside.dataset.exercise === name);
  const boxes = (aside) => aside.find(".bp-criterion").toArray();
  const points = (box) => (box.type === "checkbox" ? Number(box.checked) : Number(box.value) || 0);
  const most = (box) => Number(box.dataset.points);
  const field = (name) => $(document.getElementById(name));
  const comment = (name) => $(document.getElementById(`${name}-comment`));
  const unsaved = new Set();

  /** The sum of what is ticked. */
  const sum = (aside) => boxes(aside).reduce((all, box) => all + points(box), 0);

  /** Say whether the mark is what the boxes add up to; until one is ticked, they say nothing. */
  function compare(name) {
    const aside = beside(name);
    if (!aside.length) return;
    const mark = field(name).val();
    const used = comment(name).val().startsWith(LINE);
    const differs = used && mark !== "" && Number(mark) !== sum(aside);
    const text = differs ? `The criteria add up to ${sum(aside)}; the mark given is ${mark}.` : "";
    aside.find(".bp-sum").text(text).toggleClass("bp-differs", differs);
  }

  /** Tick what the comment says was given. */
  function restore(name) {
    const aside = beside(name);
    const text = comment(name).val() ?? "";
    const line = text.split("\n").find((one) => one.startsWith(LINE)) ?? "";
    const given = new Map(
      [...line.slice(LINE.length).matchAll(/(?:^|; )([^;]+?) (\d+(?:\.\d+)?) of \d+(?:\.\d+)?/g)].map((m) => [
        m[1],
        Number(m[2]),
      ]),
    );
    for (const box of boxes(aside)) {
      const had = given.get(box.dataset.name) ?? 0;
      if (box.type === "checkbox") box.checked = had > 0;
      else box.value = line ? had : "";
    }
    compare(name);
  }

  /** Hand what is ticked to nbgrader: as the score, and as the first line of the comment. */
  function give(name, withScore) {
    const aside = beside(name);
    const said = boxes(aside).map((box) => `${box.dataset.name} ${points(box)} of ${most(box)}`);
    const rest = comment(name)
      .val()
      .split("\n")
      .filter((line) => !line.startsWith(LINE))
      .join("\n")
      .replace(/^\n+/, "");
    comment(name).val(LINE + said.join("; ") + (rest ? `\n\n${rest}` : ""));
    if (withScore) field(name).val(sum(aside)).trigger("change");
    comment(name).trigger("change");
    window.autosize?.update(comment(name));
    compare(name);
  }

  $(document).on("change", ".bp-criterion", (event) => {
    const box = event.currentTarget;
    if (box.type === "number") box.value = Math.min(Math.max(points(box), 0), most(box));
    give($(box).closest(".bp-beside").attr("data-exercise"), true);
  });
  // nbgrader's own buttons give all of it, or nothing of it.
  for (const [button, all] of [
    [".full-credit", true],
    [".no-credit", false],
  ]) {
    $(document).on("click", button, (event) => {
      const name = $(event.currentTarget).closest(".nbgrader_cell").find(".score").attr("id");
      for (const box of boxes(beside(name))) {
        if (box.type === "checkbox") box.checked = all;
        else box.value = all ? most(box) : 0;
      }
      if (boxes(beside(name)).length) give(name, false);
    });
  }

  /** Say beside an answer that something is not saved, with what can be done. */
  function notify(model, text, choices) {
    const place = beside(model.get("name")).find(".bp-notices");
    if (!place.length) window.alert(text); // a cell that nobody reads has no place for it
    place.find(`[data-of="${model.cid}"]`).remove();
    const notice = $("<p class='bp-notice'>").attr("data-of", model.cid).text(`${text} `).appendTo(place);
    unsaved.add(model);
    for (const [label, act] of choices) {
      const button = $("<button type='button' class='btn btn-default btn-sm'>").text(label).appendTo(notice);
      button.on("click", () => {
        unsaved.delete(model);
        notice.remove();
        act();
      });
    }
  }

  /** What the server did not take: somebody else was there first, the answer is another by now, or it failed. */
  function refused(model, answer, mine, fields) {
    const what = fields.includes("manual_comment") ? "comment" : "mark";
    const again = () => model.save(mine);
    if (answer.status === 412) {
      notify(model, `This answer was handed in again since you opened the page. Your ${what} is not saved.`, [
        ["Show the new answer", () => window.location.reload()],
      ]);
    } else if (answer.status !== 409) {
      notify(model, `Your ${what} is not saved (${answer.status || "no answer"}).`, [["Save again", again]]);
    } else {
      $.getJSON(`${model.urlRoot}/${model.id}`).done((theirs) => {
        const shown = (from) => fields.map((key) => from[key] ?? "").find((value) => value !== "") ?? "nothing";
        notify(
          model,
          `Somebody else saved a ${what} meanwhile: ${shown(theirs)}. Yours is not saved: ${shown(mine)}.`,
          [
            ["Keep theirs", () => model.set(model.parse(theirs))],
            ["Save mine", () => model.parse(theirs) && again()],
          ],
        );
      });
    }
  }

  /** One request after another for each mark, each with what this page knows to be in the gradebook. */
  function careful(kind, fields) {
    const send = kind.prototype.sync;
    kind.prototype.parse = function (answer) {
      this.seen = _.pick(answer, fields);
      return this.queued > 1 ? _.omit(answer, fields) : answer; // what was given meanwhile is on its way
    };
    kind.prototype.sync = function (method, model, options) {
      if (method !== "update") return send.call(this, method, model, options);
      const mine = model.toJSON();
      const answer = beside(model.get("name")).attr("data-seen");
      const later = () =>
        send.call(this, method, model, { ...options, attrs: { ...mine, seen: { ...model.seen, answer } } });
      model.queued = (model.queued ?? 0) + 1;
      model.sending = $.when(model.sending).then(later, later);
      model.sending.always(() => model.queued--);
      model.sending.fail((reply) => refused(model, reply, _.pick(mine, fields), fields));
      return model.sending;
    };
  }
  careful(Grade, ["manual_score", "extra_credit"]);
  careful(Comment, ["manual_comment"]);

  for (const kind of [GradeUI, CommentUI]) {
    const render = kind.prototype.render;
    kind.prototype.render = function () {
      render.call(this);
      restore(this.model.get("name"));
      if (this.model.get("needs_manual_grade")) beside(this.model.get("name")).find(".bp-earlier").prop("open", true);
    };
  }

  /** Whether something is still on its way, or waits for what is. */
  const busy = () => [formgrader.grades, formgrader.comments].some((all) => all?.some((one) => one.queued > 0));

  /** Go on when all is saved; not at all past what was refused. */
  function settled(go) {
    if (busy()) setTimeout(settled, 20, go);
    else if (!unsaved.size) go?.();
  }

  // The next submission opens when this one is saved: by Control and a full stop, or by a link above the page.
  const save = FormGrader.prototype.save;
  FormGrader.prototype.save = function (callback) {
    if (document.activeElement?.classList.contains("bp-criterion")) settled(callback);
    else save.call(this, () => settled(callback));
  };
  $(document).on("click", "nav a[href]", (event) => {
    if (!busy()) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    settled(() => window.location.assign(href));
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved.size || busy()) event.preventDefault();
  });

  // An address that ends in #7-8 begins there; `python -m grading words` lists such addresses.
  const fromUrl = FormGrader.prototype.setIndexFromUrl;
  FormGrader.prototype.setIndexFromUrl = function () {
    fromUrl.call(this);
    const at = $(".tabbable")
      .toArray()
      .indexOf(document.getElementById(window.location.hash.slice(1)));
    if (at < 0 || /[?&]index=/.test(window.location.search)) return;
    this.setCurrentIndex(at);
    this.last_selected = $($(".tabbable")[at]);
  };

  // nbgrader waits for MathJax, which comes from elsewhere; formulas here need none, and the page works without it.
  window.MathJax ??= { Hub: { Startup: { signal: { Interest: (ready) => ready("End") } } } };

  // Whoever opens the model answers once has them open on the next page too.
  const OPEN = "bp-model-open";
  $(() => {
    for (const model of document.querySelectorAll(".bp-model")) {
      model.open = localStorage.getItem(OPEN) === "true";
      model.addEventListener("toggle", () => localStorage.setItem(OPEN, model.open));
    }
  });
})();
