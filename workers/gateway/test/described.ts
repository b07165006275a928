import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, { content?: object }> }>>;
}

const escape = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** What is wrong with answers by an OpenAPI 3.1 document, whose schemas are those of JSON Schema 2020-12. */
export function answersBy(document: unknown) {
  // Keywords of OpenAPI's own, such as `example`, are no concern of a validator.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document as object, "api");
  const { paths } = document as Described;

  /** `operation` as in `get /v1/orders/{id}`. */
  return function flaws(
    operation: string,
    answer: { status: number; headers: Headers; body: unknown },
  ): string[] {
    const [method = "", path = ""] = operation.split(" ");
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    const content = paths[path]?.[method]?.responses[answer.status]?.content;
    if (!content || !(type in content))
      return [`${operation} is not said to answer ${answer.status} with ${type}`];
    const place = ["paths", path, method, "responses", String(answer.status), "content", type, "schema"];
    const validate = ajv.compile({
      $ref: `api#/${place.map((part) => encodeURIComponent(escape(part))).join("/")}`,
    });
    validate(answer.body);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
  };
}
