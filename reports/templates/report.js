"use strict";
// Better with it, whole without it: reads values out of the tables, shows one plan and one year at a time.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const texts = (row) => [...row.children].map((cell) => cell.textContent.trim());
  const element = (name, text = "", words = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    Object.entries(words).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  };
  const tableOf = (root) => {
    const [head, ...rows] = all("tr", root.querySelector("table")).map(texts);
    return { head, rows };
  };
  const said = (head, row) => row.map((cell, n) => (n ? `${head[n]} ${cell || "not known"}` : cell)).join(" · ");

  // --- values of a picture, under the pointer or by the arrow keys: at the foot of the window, Escape hides them
  const reading = element("p", "", { class: "reading off", role: "status" });
  document.body.append(reading);
  const hush = () => reading.classList.add("off");
  addEventListener("keydown", (event) => event.key === "Escape" && hush());
  const marksOf = (svg) => svg.dataset.marks.split(" ").map(Number);
  const pictures = [];
  const line = (svg, mark, name) => {
    const [left, top, right, bottom] = svg.dataset.plot.split(" ").map(Number);
    let drawn = svg.querySelector(`.${name}`);
    if (!drawn) {
      drawn = document.createElementNS(svg.namespaceURI, "line");
      drawn.setAttribute("class", name);
      svg.append(drawn);
    }
    const ends = svg.dataset.along === "x" ? [mark, top, mark, bottom] : [left, mark, right, mark];
    ["x1", "y1", "x2", "y2"].forEach((key, n) => drawn.setAttribute(key, ends[n]));
  };
  all("figure").forEach((figure) => {
    const svgs = all("svg[data-marks]", figure);
    if (!svgs.length) return;
    const { head, rows } = tableOf(figure);
    let at = -1;
    const show = (row) => {
      at = Math.max(0, Math.min(rows.length - 1, row));
      reading.textContent = said(head, rows[at]);
      reading.classList.remove("off");
      svgs.forEach((svg) => line(svg, marksOf(svg)[at], "cursor"));
    };
    svgs.forEach((svg) => {
      svg.setAttribute("tabindex", "0");
      svg.setAttribute("focusable", "true");
      const follow = (event) => {
        const place = svg.getBoundingClientRect();
        const box = svg.viewBox.baseVal;
        const along = svg.dataset.along === "x"
          ? ((event.clientX - place.left) / place.width) * box.width
          : ((event.clientY - place.top) / place.height) * box.height;
        const far = marksOf(svg).map((mark) => Math.abs(mark - along));
        show(far.indexOf(Math.min(...far)));
      };
      svg.addEventListener("pointermove", follow);
      svg.addEventListener("pointerdown", follow);
      svg.addEventListener("pointerleave", hush);
      svg.addEventListener("blur", hush);
      svg.addEventListener("focus", () => show(at < 0 ? rows.length - 1 : at));
      svg.addEventListener("keydown", (event) => {
        const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -rows.length, End: rows.length };
        if (!(event.key in steps)) return;
        event.preventDefault();
        show(at + steps[event.key]);
      });
    });
    pictures.push({ svgs, rows, chapter: figure.closest(".chapter") });
  });

  // --- one year at a time
  const markYear = (chapter, year) => pictures.filter((one) => one.chapter === chapter).forEach(({ svgs, rows }) => {
    const row = rows.findLastIndex((cells) => cells[0].slice(0, 4) === year);
    svgs.filter((svg) => svg.dataset.along === "x" && row >= 0).forEach((svg) => line(svg, marksOf(svg)[row], "year"));
  });
  all(".slider").forEach((slider, n) => {
    const { head, rows } = tableOf(slider);
    if (rows.length < 2) return;
    const id = `year-${n}`;
    const range = element("input", "", { type: "range", id, min: 0, max: rows.length - 1, step: 1, value: rows.length - 1 });
    const told = element("output", "", { for: id });
    const cards = element("dl", "", { class: "year-cards" });
    const show = () => {
      const row = rows[Number(range.value)];
      told.textContent = row[0];
      range.setAttribute("aria-valuetext", row[0]);
      cards.replaceChildren(...row.slice(1).map((cell, k) => {
        const card = element("div");
        card.append(element("dt", head[k + 1]), element("dd", cell || "not known"));
        return card;
      }));
    };
    range.addEventListener("input", () => { show(); markYear(slider.closest(".chapter"), told.textContent); });
    const label = element("label", `${slider.dataset.label} `, { for: id });
    label.append(told);
    slider.prepend(label, range, cards);
    show();
  });

  // --- one plan at a time
  const chapters = all("[data-chapter]");
  const choices = all("nav [data-choice]");
  const choose = (anchor) => {
    chapters.forEach((chapter) => chapter.classList.toggle("off", anchor !== "" && chapter.id !== anchor));
    choices.forEach((choice) => choice.toggleAttribute("aria-current", choice.dataset.choice === anchor));
    all("nav [data-of]").forEach((list) => list.classList.toggle("off", anchor !== "" && list.dataset.of !== anchor));
  };
  if (chapters.length > 1) {
    const every = element("button", "All plans, one below the other", { type: "button", class: "every" });
    every.addEventListener("click", () => choose(""));
    document.querySelector("nav").append(every);
    choices.forEach((choice) => choice.addEventListener("click", () => choose(choice.dataset.choice)));
    const follow = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const chapter = target && target.closest("[data-chapter]");
      if (!chapter) return;
      choose(chapter.id);
      target.scrollIntoView();
    };
    addEventListener("hashchange", follow);
    choose(chapters[0].id);
    follow();
  }
})();
