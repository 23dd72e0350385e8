import { assertEquals } from "@std/assert";
import { decodeText } from "./decode.ts";

const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const utf16 = (text: string, big: boolean) =>
  [...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return big ? [code >> 8, code & 255] : [code & 255, code >> 8];
  });

const text = '{"a": "é"}\r\n';
const forms: Readonly<Record<string, number[]>> = {
  "UTF-8": utf8(text),
  "UTF-8 with a byte order mark": [0xef, 0xbb, 0xbf, ...utf8(text)],
  "UTF-16, the low byte first": [0xff, 0xfe, ...utf16(text, false)],
  "UTF-16, the high byte first": [0xfe, 0xff, ...utf16(text, true)],
  "UTF-16 without a mark, the low byte first": utf16(text, false),
  "UTF-16 without a mark, the high byte first": utf16(text, true),
  "UTF-8 with zeros behind it": [...utf8(text), 0, 0, 0],
  "UTF-16 with zeros behind it": [0xff, 0xfe, ...utf16(text, false), 0, 0, 0, 0],
};

for (const [form, bytes] of Object.entries(forms)) {
  Deno.test(`decodeText() reads ${form}`, () => {
    assertEquals(decodeText(new Uint8Array(bytes)), text);
  });
}

Deno.test("decodeText() keeps zeros and marks within a text, and says where there is no text", () => {
  assertEquals(decodeText(new Uint8Array(utf8("ab\0\ufeffc"))), "ab\0\ufeffc");
  assertEquals(decodeText(new Uint8Array()), "");
  for (
    const bytes of [[0x61, 0xff], [0xff, 0xfe, 0x61], [0x1f, 0x8b, 8, 0], [
      0xff,
      0xfe,
      0x61,
      0,
      0x62,
    ]]
  ) {
    assertEquals(decodeText(new Uint8Array(bytes)), null);
  }
});
