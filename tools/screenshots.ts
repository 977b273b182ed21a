// Copies pictures of the sign-in pages from where the browser tests leave them to docs/images/: deno task test:browser, then this.

const [FROM, TO] = [".cache/screenshots", "docs/images"].map((path) => new URL(`../${path}/`, import.meta.url)) as [
  URL,
  URL,
];
/** Pictures of the documentation, and what the browser tests call them. */
const PICTURES = {
  "signed-in-light.png": "success-light.png",
  "signed-in-dark.png": "success-dark.png",
  "denied-narrow.png": "denied-narrow.png",
  "designed.png": "designed-success-light.png",
};

if (import.meta.main) {
  for (const [name, source] of Object.entries(PICTURES)) {
    try {
      await Deno.writeFile(new URL(name, TO), await Deno.readFile(new URL(source, FROM)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      console.error(`The browser tests have left no ${source}. Run them: deno task test:browser`);
      Deno.exit(1);
    }
  }
}
