// Zip archives without compression inside: the server compresses a whole archive better than its parts.
import { crc32 as zlibCrc32 } from "node:zlib";

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit += 1) number = number & 1 ? (number >>> 1) ^ 0xedb88320 : number >>> 1;
  return number >>> 0;
});

/** Node has crc32 of its own from version 20.15 on. */
const crc32 =
  zlibCrc32 ??
  ((data) => {
    let sum = 0xffffffff;
    for (const byte of data) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
    return (sum ^ 0xffffffff) >>> 0;
  });

const NEW_YEAR_1980 = 0x21;

/** The bytes of an archive with these entries ({name, data}), the same whenever they are. */
export function storedZip(entries) {
  const sorted = [...entries].sort((one, other) => (one.name < other.name ? -1 : 1));
  const locals = [];
  const centrals = [];
  let offset = 0;
  for (const { name, data } of sorted) {
    const path = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x0800, 2);
    facts.writeUInt16LE(NEW_YEAR_1980, 8);
    facts.writeUInt32LE(crc32(data), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(data.length, 18);
    facts.writeUInt16LE(path.length, 22);
    locals.push(Buffer.from("PK\x03\x04"), facts, path, data);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from("PK\x01\x02\x14\x00"), facts, rest, path);
    offset += 30 + path.length + data.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(sorted.length, 8);
  end.writeUInt16LE(sorted.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** The entries of an archive whose parts were compressed by deflate or not at all. */
export function zipEntries(archive, inflateRaw) {
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const entries = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left; left -= 1) {
    const [method, size] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const lengths = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString("utf8", at + 46, at + 46 + lengths[0]);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(start, start + size);
    if (!name.endsWith("/")) entries.push({ name, data: method ? inflateRaw(data) : data });
    at += 46 + lengths[0] + lengths[1] + lengths[2];
  }
  return entries;
}
