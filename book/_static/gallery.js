// Below each figure of the gallery: the line that embeds it says where this copy of the book is, and can be copied.
"use strict";
for (const place of document.querySelectorAll(".bp-embed")) {
  const [code, button] = [place.querySelector("code"), place.querySelector("button")];
  const { figure } = place.dataset;
  const address = new URL(`../embed/${figure}.html`, location.href).href;
  code.textContent = code.textContent.replace(/src="[^"]*"/, `src="${address}"`);

  // As high as the figure is here, with its margins and the line that says where it is from.
  place.closest("details").addEventListener("toggle", () => {
    const { height } = place.closest(".cell").querySelector(".cell_output").getBoundingClientRect();
    code.textContent = code.textContent.replace(/height="\d+"/, `height="${Math.ceil((height + 60) / 10) * 10}"`);
  });

  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code); // to be copied by hand where a browser does not let scripts
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      if (!document.execCommand("copy")) return;
    }
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
}
