/** A client's text to repeat in an error's detail: no longer than it takes to recognize it. */
export function excerpt(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
