import { assertEquals, assertThrows } from "@std/assert";
import { openBrowser } from "../../lib/signin/browser.ts";
import { isRefused, variable } from "../../lib/signin/environment.ts";
import { realHost } from "../../lib/host.ts";
import { recordedOutput, testHost } from "../support/host.ts";

Deno.test({
  name: "variable() is undefined, and isRefused() true, when Deno does not allow reading it",
  permissions: { env: false },
  fn() {
    assertEquals(variable(realHost(), "PATH"), undefined);
    assertEquals(isRefused(realHost(), "PATH"), true);
  },
});

Deno.test("variable() throws what is no matter of permissions", () => {
  const host = {
    env: () => {
      throw new TypeError("wrong name");
    },
  };
  assertThrows(() => variable(host, "A"), TypeError);
  assertThrows(() => isRefused(host, "A"), TypeError);
});

Deno.test({
  name: "openBrowser() names the flag when Deno does not allow looking for a display",
  permissions: { env: false },
  async fn() {
    const host = testHost({ env: realHost().env, stderr: recordedOutput(80) });
    assertEquals(await openBrowser("http://localhost/", "auto", host), {
      opened: false,
      reason: "Deno may not look for a display: add --allow-env=DISPLAY,WAYLAND_DISPLAY",
    });
  },
});

Deno.test({
  name: "openBrowser() names the flag when Deno does not allow starting the program",
  permissions: { run: false },
  async fn() {
    const host = testHost({ run: realHost().run });
    const program = Deno.execPath(); // Deno looks for a program before it asks whether it may be started
    assertEquals(await openBrowser("http://localhost/", { command: `"${program}"` }, host), {
      opened: false,
      reason: `Deno may not start "${program}": add --allow-run=${program}`,
    });
  },
});
