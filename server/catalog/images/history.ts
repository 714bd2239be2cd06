import type { HistoryEntry } from '../../registry/documents/image-config.ts';
import { fromGoSyntax } from './go-syntax.ts';

/** One step of an image's history, as a line of a Dockerfile. Not escaped: pages have to do that. */
export interface DockerfileLine {
  /** `RUN`, `COPY`, …; '' for an unknown instruction. */
  readonly instruction: string;
  /** What follows the instruction; may span lines. */
  readonly text: string;
  readonly createdAt: number | null;
  readonly comment: string;
  /** The step created no layer (`ENV`, `CMD`, …). */
  readonly isEmpty: boolean;
}

const INSTRUCTIONS =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?:\s+|$)/;
const SHELL = /^(?:\/bin\/(?:ba|a|da)?sh|sh|bash)\s+-\w*c\s+/;
const NOT_RUN = /^#\(nop\)\s*/;
// The classic builder writes the build arguments of a step before its shell: `|2 A=1 B=2 /bin/sh -c …`.
const BUILD_ARGUMENTS = /^\|\d+\s/;
const BUILDKIT_MARK = '# buildkit';

/** Parses `created_by` of a history entry to a Dockerfile instruction. */
export function dockerfileLine(entry: HistoryEntry): DockerfileLine {
  const createdBy = entry.createdBy.trim();
  // jib and Nix describe the step in the comment.
  const { instruction, text } =
    createdBy === '' ? { instruction: '', text: entry.comment.trim() } : readInstruction(createdBy);
  return { instruction, text, createdAt: entry.created ?? null, comment: entry.comment, isEmpty: entry.empty };
}

function readInstruction(createdBy: string): { instruction: string; text: string } {
  // String methods instead of a pattern, which would try every position in megabytes of blanks.
  const bare = createdBy.endsWith(BUILDKIT_MARK) ? createdBy.slice(0, -BUILDKIT_MARK.length).trimEnd() : createdBy;
  const command = withoutBuildArguments(bare);
  const shell = SHELL.exec(command)?.[0];
  if (shell !== undefined) return fromShell(command.slice(shell.length));
  const instruction = INSTRUCTIONS.exec(bare)?.[0];
  if (instruction === undefined) return { instruction: '', text: bare };
  const text = bare.slice(instruction.length).trim();
  const name = instruction.trim();
  return { instruction: name, text: name === 'RUN' ? withoutShell(text) : tidy(name, text) };
}

function withoutBuildArguments(command: string): string {
  if (!BUILD_ARGUMENTS.test(command)) return command;
  const start = command.search(/\s(?:\/bin\/(?:ba|a|da)?sh|sh|bash)\s+-\w*c\s/);
  return start < 0 ? command : command.slice(start + 1);
}

function fromShell(rest: string): { instruction: string; text: string } {
  const nop = NOT_RUN.exec(rest)?.[0];
  if (nop === undefined) return { instruction: 'RUN', text: rest.trim() };
  const line = rest.slice(nop.length).trim();
  const instruction = INSTRUCTIONS.exec(line)?.[0]?.trim() ?? '';
  return { instruction, text: tidy(instruction, line.slice(instruction.length).trim()) };
}

/** BuildKit: `RUN /bin/sh -c npm ci`, or `RUN |1 A=1 /bin/sh -c npm ci`. */
function withoutShell(text: string): string {
  return withoutBuildArguments(text).replace(SHELL, '').trim();
}

/** Removes checksums and Go lists of the classic builder. */
function tidy(instruction: string, text: string): string {
  if (instruction === 'COPY' || instruction === 'ADD') return withoutIn(text);
  if (instruction === 'EXPOSE' || instruction === 'VOLUME')
    return text.replace(/^(?:map)?\[([^"]*)\]$/s, '$1').replace(/:\{\}/g, '');
  return fromGoSyntax(instruction, text);
}

/** `file:1a2b in /app`: the last ` in ` separates the target. */
function withoutIn(text: string): string {
  const at = text.lastIndexOf(' in ');
  const isLast =
    at > 0 &&
    !text
      .slice(at + 4)
      .trim()
      .includes(' ');
  return isLast ? `${text.slice(0, at).trimEnd()} ${text.slice(at + 4).trim()}` : text;
}

/** Index of the layer that each step created; undefined for steps without a layer. */
export function layerPositions(lines: readonly DockerfileLine[], layerCount: number): readonly (number | undefined)[] {
  let layer = 0;
  return lines.map((line) => (line.isEmpty || layer >= layerCount ? undefined : layer++));
}
