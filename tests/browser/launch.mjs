// The browser that comes as a package, laid out in TMPDIR.
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import chromiumHere, { inflate } from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const { TMPDIR } = process.env;

export async function launch() {
  // The package is made for Lambda. Elsewhere the libraries and the font that a bare machine lacks are ours to lay out.
  const packed = `${dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium")))}/../bin`;
  const executablePath = await chromiumHere.executablePath();
  const libraries = `${await inflate(`${packed}/al2023.tar.br`)}/lib`;
  writeFileSync(`${TMPDIR}/fonts.conf`, `<fontconfig><dir>${TMPDIR}/fonts</dir><cachedir>${TMPDIR}</cachedir></fontconfig>`);
  // Its own arguments are not taken over: they switch off what we are here for, that a browser asks about other origins.
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox"], // Chromium has none for root, and goes nowhere but to our own stack
    env: { ...process.env, HOME: TMPDIR, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: `${TMPDIR}/fonts.conf` },
  });
}
