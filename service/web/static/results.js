// What htmx fetches takes the place of the results before. This keeps for the reader what would go with them: filters
// they unfolded, the place of the keyboard, the people they ticked. And it says when no answer came.
// Without JavaScript every link opens a whole page.
(function () {
  "use strict";
  var body = document.body, before = null, ticked = new Map();

  function remember(event) {
    var at = document.activeElement;
    if (event.detail.target.id !== "search-results") { return; }
    before = {
      open: {},
      // The "+" of a value is gone once it is clicked; the value itself is not.
      focus: at && at.classList.contains("facet-add") ? at.previousElementSibling.id : "result-line",
      isPaging: Boolean(at && at.closest(".paging"))
    };
    document.querySelectorAll("#facets details").forEach(function (one) { before.open[one.id] = one.open; });
  }

  function restore() {
    var place;
    if (!before) { return; }
    document.querySelectorAll("#facets details").forEach(function (one) {
      if (one.id in before.open) { one.open = one.open || before.open[one.id]; }
    });
    if (document.activeElement === body || !document.activeElement) {
      place = document.getElementById(before.focus) || document.getElementById("result-line");
      if (place) { place.focus({ preventScroll: !before.isPaging }); }
    }
    before = null;
    showTicked();
  }

  function ticks() { return Array.from(document.querySelectorAll(".tick-person[form=add-form]")); }

  function noteTick(box) {
    var name = box.closest("li, tr").querySelector(".person-name");
    if (box.checked) { ticked.set(box.value, name ? name.textContent.trim().replace(/\s+/g, " ") : ""); }
    else { ticked.delete(box.value); }
  }

  // Those ticked who are not shown now go along with the form, and are named.
  function showTicked() {
    var line = document.getElementById("ticked-elsewhere"), form = document.getElementById("add-form"), shown = {};
    ticks().forEach(function (box) { shown[box.value] = true; box.checked = ticked.has(box.value); });
    if (!line || !form) { return; }
    form.querySelectorAll("input[data-elsewhere]").forEach(function (one) { one.remove(); });
    var names = [];
    ticked.forEach(function (name, id) {
      var field;
      if (shown[id]) { return; }
      names.push(name);
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "expert";
      field.value = id;
      field.dataset.elsewhere = "";
      form.append(field);
    });
    line.hidden = names.length === 0;
    line.querySelector("span").textContent = names.join("; ");
  }

  function forgetElsewhere() {
    var shown = ticks().map(function (box) { return box.value; });
    Array.from(ticked.keys()).forEach(function (id) { if (shown.indexOf(id) < 0) { ticked.delete(id); } });
    showTicked();
    document.getElementById("result-line").focus({ preventScroll: true });
  }

  function sayNoAnswer(event) {
    var target = event.detail.target, notice;
    var place = target && { "search-results": "search-fault", "added": "added" }[target.id];
    place = place && document.getElementById(place);
    if (!place) { return; }
    notice = document.createElement("p");
    notice.className = "notice notice-bad";
    notice.textContent = place.dataset.noAnswer;
    place.replaceChildren(notice);
  }

  // An error page of a proxy in between knows nothing of ours.
  function keepOut(event) {
    var answer = event.detail.xhr;
    if (event.detail.isError && !answer.getResponseHeader("HX-Retarget") && !answer.getResponseHeader("HX-Reswap")) {
      event.detail.shouldSwap = false;
      sayNoAnswer(event);
    } else {
      remember(event);
    }
  }

  body.addEventListener("htmx:beforeSwap", keepOut);
  body.addEventListener("htmx:afterSettle", restore);
  body.addEventListener("htmx:sendError", sayNoAnswer);
  body.addEventListener("htmx:timeout", sayNoAnswer);
  body.addEventListener("change", function (event) {
    if (event.target.matches(".tick-person[form=add-form]")) { noteTick(event.target); }
  });
  body.addEventListener("click", function (event) {
    if (event.target.id === "untick-elsewhere") { forgetElsewhere(); }
  });
  ticks().forEach(function (box) { if (box.checked) { noteTick(box); } });  // as the browser restored them
})();
