/** A stage parameter that is a list: as YAML has it, or with commas, as `--param` on the command line gives it. */
const listOf = (value) =>
  (Array.isArray(value) ? value : String(value ?? "").split(","))
    .map((item) => String(item).trim())
    .filter((item) => item !== "");

module.exports = { listOf };
