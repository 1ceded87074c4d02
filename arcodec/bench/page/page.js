"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  // --- colours ---

  const theme = one("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", isDark());
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  showTheme();

  // --- sorting: by what a cell shows; what is no number, and sums over fewer files, come last ---

  const shown = (cell) => (cell.querySelector(`.${cell.closest("table").dataset.measure}`) ?? cell).textContent.trim();
  const number = (text) => (/^[\d,.]+(e[+-]?\d+)?×?$/.test(text) ? parseFloat(text.replaceAll(",", "")) : NaN);
  const order = new Intl.Collator("en", { numeric: true });

  const sort = (table, column, sign) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => {
      const text = shown(row.cells[column]);
      return { row, text, value: number(text), late: row.classList.contains("partial") };
    });
    const words = rows.every(({ value }) => Number.isNaN(value));
    rows.sort((a, b) => {
      if (words) return sign * order.compare(a.text, b.text);
      if (a.late !== b.late) return a.late - b.late;
      if (Number.isNaN(a.value) || Number.isNaN(b.value)) return Number.isNaN(a.value) - Number.isNaN(b.value);
      return sign * (a.value - b.value);
    });
    body.append(...rows.map(({ row }) => row));
  };

  const sortAgain = (table) => {
    const head = table.querySelector("[aria-sort]");
    if (head) sort(table, Number(head.dataset.column), head.ariaSort === "ascending" ? 1 : -1);
  };

  for (const button of all("thead button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const next = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      all("[aria-sort]", head.closest("thead")).forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      sortAgain(head.closest("table"));
    });
  }

  // --- which files, and what of them ---

  const tables = all("table.files");
  const filter = () => {
    const kind = one("kind")?.value ?? "";
    const words = one("name").value.toLowerCase().split(/\s+/);
    let seen = 0;
    let rows = 0;
    for (const table of tables) {
      let here = 0;
      for (const row of table.tBodies[0].rows) {
        const name = row.cells[0].textContent.toLowerCase();
        row.hidden = (kind && kind !== table.dataset.kind) || !words.every((word) => name.includes(word));
        here += !row.hidden;
        rows += 1;
      }
      table.closest(".scroll").hidden = here === 0;
      seen += here;
    }
    one("count").textContent = `${seen} of ${rows} files shown`;
  };
  if (tables.length) {
    one("kind")?.addEventListener("change", filter);
    one("name").addEventListener("input", filter);
    one("measure").addEventListener("change", () => {
      for (const table of tables) {
        table.dataset.measure = one("measure").value;
        sortAgain(table);
      }
    });
    one("filters").addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  // --- figures at the points of plots ---

  const tip = one("tip");
  const point = "[aria-roledescription='point']";
  let lit = null;
  const hide = () => {
    lit?.classList.remove("lit");
    lit = null;
    tip.hidden = true;
  };
  const show = (mark) => {
    if (mark === lit) return;
    hide();
    lit = mark;
    mark.classList.add("lit");
    tip.textContent = mark.getAttribute("aria-label");
    tip.style.transform = "none";
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = at.right + 10 + width < room ? at.right + 10 : Math.max(8, at.left - 10 - width);
    // Where neither side has room, it goes below the point or above it.
    const beside = left > at.right || left + width < at.left;
    const below = at.bottom + 10 + height < innerHeight ? at.bottom + 10 : at.top - 10 - height;
    const top = beside ? Math.min(at.top - 8, innerHeight - height - 8) : below;
    tip.style.transform = `translate(${left + scrollX}px, ${top + scrollY}px)`;
  };
  for (const panel of all(".panel")) {
    panel.addEventListener("pointerover", ({ target }) => (target.closest(point) ? show(target) : hide()));
    panel.addEventListener("pointerleave", hide);
    panel.addEventListener("click", ({ target }) => target.closest(point) && show(target));
    panel.addEventListener("blur", hide);
    panel.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      const marks = all(point, panel).filter((mark) => mark.getBoundingClientRect().width);
      marks.sort((a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left);
      const next = lit ? marks.indexOf(lit) + step : step > 0 ? 0 : marks.length - 1;
      show(marks[(next + marks.length) % marks.length]);
    });
  }

  // --- the command and the record ---

  one("copy").addEventListener("click", async () => {
    const text = one("command");
    try {
      await navigator.clipboard.writeText(text.textContent);
      one("copied").textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      one("copied").textContent = "Selected; copy it with your keyboard";
    }
  });
  one("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([one("record").textContent], { type: "application/json" }));
    link.download = "arcodec-bench.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
})();
