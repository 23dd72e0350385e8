/**
 * The links of an HDF5 group: names and what they lead to. Groups are written
 * as a B-tree with a heap of names, or as messages (HDF5 File Format
 * Specification 3.0, III.A.1, III.B, III.D and IV.A.2.g). Each node of the tree
 * is read once; soft and external links are told apart, and never followed.
 *
 * @module
 */
import { quote } from "../../common/text.ts";
import { type Hdf5Bytes, textOf, undefinedAddress } from "./bytes.ts";
import { type Message, messageType } from "./messages.ts";

/** What a name in a group leads to. */
export type Link =
  | { readonly kind: "object"; readonly address: number }
  | { readonly kind: "soft" | "external" };

/** The kind of a link in a table of symbols that is soft. */
const softCache = 2;

function nameIn(file: Hdf5Bytes, heap: number, size: number, offset: number): string {
  const what = "a name in a group";
  if (offset >= size) file.fail(`${what} lies outside its heap: the file was changed`);
  // As long as names get; the zero behind it may be anywhere before the end of the heap.
  const bytes = file.part(heap + offset, Math.min(size - offset, 1024), what);
  const name = bytes.includes(0) ? textOf(bytes) : null;
  return name === null || name === "" ? file.fail(`${what} cannot be read`) : name;
}

/** Adds a link. @throws {ModelFileError} where the group has the name already. */
function add(file: Hdf5Bytes, links: Map<string, Link>, name: string, link: Link): void {
  if (links.has(name)) file.fail(`a group has the name ${quote(name)} twice`);
  links.set(name, link);
}

/** The addresses of the leaves of a B-tree of version 1. */
function leavesOf(file: Hdf5Bytes, root: number): number[] {
  const what = "a node of a group's B-tree";
  const leaves: number[] = [];
  const seen = new Set<number>();
  const visit = (address: number, below: number) => {
    if (seen.has(address)) file.fail(`${what} is reached twice: a sound tree reads each once`);
    seen.add(address);
    file.expectSignature(address, "TREE", what);
    const type = file.uint8(address + 4, what);
    const level = file.uint8(address + 5, what);
    if (type !== 0 || level >= below) file.fail(`${what} is of another kind than its parent says`);
    const entries = file.uint16(address + 6, what);
    for (let i = 0; i < entries; i++) {
      const child = file.uint64(address + 32 + 16 * i, what);
      if (level > 0) visit(child, level);
      else leaves.push(child);
    }
  };
  visit(root, 256);
  return leaves;
}

function addSymbols(file: Hdf5Bytes, links: Map<string, Link>, { at }: Message): void {
  const what = "a group's table of names";
  const tree = file.uint64(at, what);
  const heapAt = file.uint64(at + 8, what);
  file.expectSignature(heapAt, "HEAP", "a group's heap of names");
  const size = file.uint64(heapAt + 8, what);
  const heap = file.uint64(heapAt + 24, what);
  file.expect(heap, size, "a group's heap of names");
  const seen = new Set<number>();
  for (const node of leavesOf(file, tree)) {
    if (seen.has(node)) file.fail(`${what} is reached twice`);
    seen.add(node);
    file.expectSignature(node, "SNOD", what);
    const symbols = file.uint16(node + 6, what);
    for (let i = 0; i < symbols; i++) {
      const entry = node + 8 + 40 * i;
      const name = nameIn(file, heap, size, file.uint64(entry, what));
      const address = file.uint64(entry + 8, what);
      const cache = file.uint32(entry + 16, what);
      add(file, links, name, cache === softCache ? { kind: "soft" } : { kind: "object", address });
    }
  }
}

function addLinkMessage(file: Hdf5Bytes, links: Map<string, Link>, { at: start }: Message): void {
  const what = "a link";
  const flags = file.uint8(start + 1, what);
  let at = start + 2;
  const kind = flags & 0x08 ? file.uint8(at++, what) : 0;
  if (flags & 0x04) at += 8;
  if (flags & 0x10) at += 1;
  const width = 2 ** (flags & 3);
  const length = width === 1
    ? file.uint8(at, what)
    : width === 2
    ? file.uint16(at, what)
    : file.uint32(at, what);
  at += width;
  const name = textOf(file.part(at, length, "a link's name"));
  if (!name) file.fail("a link's name cannot be read");
  add(
    file,
    links,
    name,
    kind === 0
      ? { kind: "object", address: file.uint64(at + length, what) }
      : { kind: kind === 1 ? "soft" : "external" },
  );
}

/** The links of a group, by its messages. */
export function linksOf(file: Hdf5Bytes, messages: readonly Message[]): Map<string, Link> {
  const links = new Map<string, Link>();
  for (const message of messages) {
    if (message.type === messageType.symbolTable) addSymbols(file, links, message);
    else if (message.type === messageType.link) addLinkMessage(file, links, message);
    else if (message.type === messageType.linkInfo) {
      const flags = file.uint8(message.at + 1, "a group's list of links");
      const heap = file.uint64(message.at + 2 + (flags & 1 ? 8 : 0), "a group's list of links");
      if (heap !== undefinedAddress) {
        file.fail(
          'a group keeps its links in a fractal heap, as h5py\'s libver="latest" has it, which is not read; save with the default libver',
        );
      }
    }
  }
  return links;
}
