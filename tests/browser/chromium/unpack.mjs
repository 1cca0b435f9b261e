// Puts Chromium, the libraries that a bare system lacks, and a font beside this file.
import { writeFileSync } from "node:fs";
import { inflate } from "@sparticuz/chromium";

const here = import.meta.dirname;
const packed = `${here}/node_modules/@sparticuz/chromium/bin`;
process.env.TMPDIR = here; // where inflate() leaves what it unpacks
for (const name of ["al2023.tar.br", "fonts.tar.br", "chromium.br"]) {
  await inflate(`${packed}/${name}`);
}
writeFileSync(
  `${here}/fonts.conf`,
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${here}/fonts</dir>
  <cachedir>${here}/cache</cachedir>
</fontconfig>
`,
);
