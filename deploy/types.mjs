// Puts into the types of a database what its catalogue says of tables, columns and functions, and lays them out.
//
// Reads {types, comments} from standard input: what the CLI wrote, and {tables: {name: [own, {column: …}]}, functions}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const ts = createRequire(`${process.cwd()}/`)("typescript");
const { types, comments } = JSON.parse(readFileSync(0, "utf8"));
// The CLI tells of its connection in the same stream, in front of the first type.
const source = ts.createSourceFile("t.ts", types.slice(types.indexOf("export type Json")), ts.ScriptTarget.Latest, true);

const nameOf = (node) => (node.name ? node.name.text ?? node.name.getText().replaceAll('"', "") : "");
function describe(node, words) {
  const text = words.replaceAll("*/", "* /");
  return ts.addSyntheticLeadingComment(node, ts.SyntaxKind.MultiLineCommentTrivia, `* ${text} `, true);
}

// `path` is where a member stands: public, Tables, bookings, Row, id.
function commentOn(path) {
  const [schema, kind, name, shape, column] = path;
  if (schema !== "public") return undefined;
  if (kind === "Functions") return path.length === 3 ? comments.functions[name] : undefined;
  if (kind !== "Tables" && kind !== "Views") return undefined;
  const [own, columns] = comments.tables[name] ?? [];
  if (path.length === 3) return own;
  return path.length === 5 && shape === "Row" ? columns?.[column] : undefined;
}

const annotate = (context) => (root) => {
  const visit = (node, path) => {
    const within = ts.isPropertySignature(node) ? [...path, nameOf(node)] : path;
    const seen = ts.visitEachChild(node, (child) => visit(child, within), context);
    const words = ts.isPropertySignature(node) && commentOn(within);
    return words ? describe(seen, words) : seen;
  };
  return ts.visitNode(root, (node) => ts.visitEachChild(node, (statement) => {
    const isDatabase = ts.isTypeAliasDeclaration(statement) && statement.name.text === "Database";
    return isDatabase ? ts.visitEachChild(statement, (child) => visit(child, []), context) : statement;
  }, context));
};

const { transformed: [annotated] } = ts.transform(source, [annotate]);
process.stdout.write(ts.createPrinter({ newLine: ts.NewLineKind.LineFeed }).printFile(annotated));
