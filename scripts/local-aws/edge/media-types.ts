/** Whether a media type is one of the API's binary ones. Parameters are left out; `*` stands for any. */
export function isBinary(contentType: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  if (contentType === undefined || binaryMediaTypes.length === 0) return false;
  const [type = "", subtype = ""] = (contentType.split(/[;,]/)[0] ?? "").trim().toLowerCase().split("/");
  return binaryMediaTypes.some((binary) => {
    const [binaryType, binarySubtype] = binary.toLowerCase().split("/");
    return (
      (binaryType === "*" || binaryType === type) && (binarySubtype === "*" || binarySubtype === subtype)
    );
  });
}
