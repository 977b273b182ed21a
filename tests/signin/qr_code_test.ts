import { assert, assertEquals, assertFalse } from "@std/assert";
import { encodeQrCode, qrCodeLines } from "../../lib/signin/qr_code.ts";
import { readQrCode, type Theme } from "../support/qr_code.ts";

const terminal = (columns: number, rows: number) => ({ columns: () => columns, rows: () => rows });

const texts = [
  "https://accounts.example.com/device?user_code=WDJB-MJHT",
  "http://localhost:51562/device",
  "https://login.example.com/realms/a-realm-with-a-name/device?user_code=ABCD-EFGH&lang=pt-PT",
  `https://example.com/${"a".repeat(600)}`,
];
for (const text of texts) {
  for (const theme of ["dark", "light"] as Theme[]) {
    Deno.test(`a camera reads "${text.slice(0, 40)}" from a ${theme} terminal`, async () => {
      const lines = qrCodeLines(await encodeQrCode(text), terminal(200, 200), true);
      assertEquals(readQrCode(lines!.join("\n"), theme), text);
    });
  }
  Deno.test(`a camera reads "${text.slice(0, 40)}" without colors from a dark terminal`, async () => {
    const lines = qrCodeLines(await encodeQrCode(text), terminal(200, 200), false);
    assertFalse(lines!.join("\n").includes("\x1b"));
    assertEquals(readQrCode(lines!.join("\n"), "dark"), text);
  });
}

Deno.test("a QR code has its own margin: all modules around it are light, whatever the terminal's colors", async () => {
  const lines = qrCodeLines(await encodeQrCode(texts[0]!), terminal(200, 200), true);
  // deno-lint-ignore no-control-regex -- colors
  const plain = lines!.map((line) => line.replaceAll(/\x1b\[[0-9;]*m/g, ""));
  assertEquals(new Set(plain.map((line) => line.length)).size, 1);
  assertEquals(plain.slice(0, 2).join("").trim(), "");
  assertEquals(plain.map((line) => line.slice(0, 4) + line.slice(-4)).join("").trim(), "");
  // Every line begins with its colors and gives them back.
  assert(lines!.every((line) => line.startsWith("\x1b[38;5;16;48;5;231m") && line.endsWith("\x1b[0m")));
});

Deno.test("a QR code is drawn where it fits with what is below it, with a smaller margin where that helps, else not at all", async () => {
  const text = texts[0]!; // 33 modules
  const size = async (columns: number, rows: number) => {
    const lines = qrCodeLines(await encodeQrCode(text), terminal(columns, rows), false);
    return lines && [lines[0]!.length, lines.length];
  };
  assertEquals(await size(80, 24), [41, 21]);
  assertEquals(await size(41, 24), [41, 21]);
  assertEquals(await size(40, 24), [37, 19]);
  assertEquals(await size(80, 23), [37, 19]);
  assertEquals(await size(36, 24), undefined);
  assertEquals(await size(80, 21), undefined);
  for (const [columns, rows] of [[37, 22], [80, 22], [80, 23], [80, 24], [41, 50]] as const) {
    assertEquals(
      readQrCode(qrCodeLines(await encodeQrCode(text), terminal(columns, rows), true)!.join("\n"), "dark"),
      text,
    );
  }
});
