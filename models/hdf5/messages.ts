/**
 * The header of an HDF5 object: the list of its messages, of which the header
 * says where they lie, in as many parts as it was written in (HDF5 File Format
 * Specification 3.0, IV.A.1).
 *
 * @module
 */
import type { Hdf5Bytes } from "./bytes.ts";

/** The messages that are read. */
export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const continuationType = 0x10;
// The specification has no limit, h5py writes some ten.
const mostMessages = 2 ** 16;
// A message that is stored elsewhere, for several objects.
const sharedFlag = 2;

/** Where a message's data lie. */
export interface Message {
  readonly type: number;
  readonly at: number;
  readonly length: number;
  readonly shared: boolean;
}

interface Part {
  readonly at: number;
  readonly length: number;
}

interface Style {
  readonly version: 1 | 2;
  /** The length of what stands before each message's data. */
  readonly prefix: number;
}

function firstPartOf(file: Hdf5Bytes, address: number): Part & Style {
  const what = "an object's header";
  if (file.uint8(address, what) === 1) {
    return { at: address + 16, length: file.uint32(address + 8, what), version: 1, prefix: 8 };
  }
  file.expectSignature(address, "OHDR", what);
  const version = file.uint8(address + 4, what);
  if (version !== 2) file.fail(`${what} has the version ${version}; 1 and 2 are read`);
  const flags = file.uint8(address + 5, what);
  const times = flags & 0x20 ? 16 : 0;
  const phases = flags & 0x10 ? 4 : 0;
  const at = address + 6 + times + phases;
  const width = 2 ** (flags & 3);
  const length = width === 1
    ? file.uint8(at, what)
    : width === 2
    ? file.uint16(at, what)
    : width === 4
    ? file.uint32(at, what)
    : file.uint64(at, what);
  return { at: at + width, length, version: 2, prefix: flags & 0x04 ? 6 : 4 };
}

/** The messages of the object at an address. */
export function messagesOf(file: Hdf5Bytes, address: number): Message[] {
  const what = `the header of an object at byte ${address}`;
  const { version, prefix, ...first } = firstPartOf(file, address);
  const parts: Part[] = [first];
  const seen = new Set([first.at]);
  const messages: Message[] = [];
  for (let i = 0; i < parts.length; i++) {
    const { at: start, length: size } = parts[i]!;
    file.expect(start, size, what);
    for (let at = start; at + prefix <= start + size;) {
      const type = version === 1 ? file.uint16(at, what) : file.uint8(at, what);
      const length = file.uint16(at + (version === 1 ? 2 : 1), what);
      const flags = file.uint8(at + (version === 1 ? 4 : 3), what);
      const data = at + prefix;
      if (data + length > start + size) {
        file.fail(`a message in ${what} is longer than the header: the file was changed`);
      }
      if (type === continuationType) {
        const next = file.uint64(data, what);
        const nextLength = file.uint64(data + 8, what);
        if (seen.has(next)) file.fail(`${what} leads back to itself`);
        seen.add(next);
        // Version 2 has a signature before a further part and a checksum behind it.
        if (version === 2) file.expectSignature(next, "OCHK", `a part of ${what}`);
        parts.push(
          version === 1
            ? { at: next, length: nextLength }
            : { at: next + 4, length: Math.max(0, nextLength - 8) },
        );
      } else {
        messages.push({ type, at: data, length, shared: (flags & sharedFlag) !== 0 });
      }
      if (messages.length > mostMessages) {
        file.fail(`${what} has more than ${mostMessages} messages`);
      }
      at = data + length;
    }
  }
  return messages;
}
