// The search box: what it offers while somebody types can be chosen by keyboard and mouse (a combobox with a list, as
// WAI-ARIA describes it). htmx fetches the options; without JavaScript the box is a plain one.
(function () {
  "use strict";
  var LONGEST = 200;  // characters; beyond it nobody is typing a name, and the server looks no further
  var box = document.getElementById("q"), list = document.getElementById("suggestions"), active = -1, isAsking = false;

  function options() { return list.querySelectorAll("[role=option]"); }

  function show(isShown) {
    list.hidden = !isShown;
    box.setAttribute("aria-expanded", isShown ? "true" : "false");
    if (!isShown) { activate(-1); }
  }

  function activate(number) {
    var all = options();
    if (active >= 0 && all[active]) { all[active].setAttribute("aria-selected", "false"); }
    active = number;
    if (active >= 0) {
      all[active].setAttribute("aria-selected", "true");
      all[active].scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", all[active].id);
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function choose(option) {
    show(false);
    isAsking = false;
    if (option.dataset.address) {
      window.location.assign(option.dataset.address);
    } else {
      box.value = option.dataset.text;
      box.form.requestSubmit();
    }
  }

  function watchBox() {
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", "suggestions");
    box.setAttribute("aria-expanded", "false");
    box.addEventListener("input", function () { isAsking = true; });
    box.form.addEventListener("submit", function () { isAsking = false; show(false); });
    box.addEventListener("blur", function () { show(false); });
    box.addEventListener("keydown", function (event) {
      var count = options().length;
      if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        show(false);
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
        event.preventDefault();
        if (list.hidden) { show(true); }
        // One more place than options: the box itself, where nothing is chosen.
        activate((active + 1 + (event.key === "ArrowDown" ? 1 : count)) % (count + 1) - 1);
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        choose(options()[active]);
      }
    });
    // Before the box loses the focus, which would close the list.
    list.addEventListener("mousedown", function (event) {
      var option = event.target.closest("[role=option]");
      event.preventDefault();
      if (option && event.button === 0) { choose(option); }
    });
    box.addEventListener("htmx:configRequest", function (event) {
      if (event.target === box && box.value.length > LONGEST) {
        event.preventDefault();
        show(false);
      }
    });
    document.body.addEventListener("htmx:afterSwap", function (event) {
      if (event.target === list) {
        active = -1;
        show(isAsking && document.activeElement === box && options().length > 0);
      }
    });
  }

  if (box && list) { watchBox(); }
})();
