/** What a route is found by. */
interface Routable {
  /** e.g. `/v1/flights/{flightId}` */
  readonly resourcePath: string;
  readonly httpMethod: string;
}

interface RouteMatch<Route> {
  readonly route: Route;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node<Route> {
  readonly children: Map<string, Node<Route>>;
  parameter: { readonly name: string; readonly node: Node<Route> } | undefined;
  greedy: { readonly name: string; readonly node: Node<Route> } | undefined;
  readonly methods: Map<string, Route>;
}

/**
 * The resources of an API as a tree. A fixed segment goes before `{parameter}`, that before `{greedy+}`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
 */
export class RouteTree<Route extends Routable> {
  readonly #root = newNode<Route>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const node = segmentsOf(route.resourcePath).reduce<Node<Route>>(grow, this.#root);
      node.methods.set(route.httpMethod, route);
    }
  }

  /** @param path without the stage, percent-encoded. Throws URIError when it cannot be decoded. */
  match(httpMethod: string, path: string): RouteMatch<Route> | undefined {
    const segments = segmentsOf(path).map(decodeURIComponent);
    return descend(this.#root, segments, 0, {}, httpMethod);
  }
}

function newNode<Route>(): Node<Route> {
  return { children: new Map(), parameter: undefined, greedy: undefined, methods: new Map() };
}

function segmentsOf(path: string): string[] {
  const inner = path.startsWith("/") ? path.slice(1) : path;
  return inner === "" ? [] : inner.split("/");
}

function grow<Route>(node: Node<Route>, segment: string): Node<Route> {
  const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(segment) ?? [];
  if (name === undefined) {
    const child = node.children.get(segment) ?? newNode<Route>();
    node.children.set(segment, child);
    return child;
  }
  if (plus) {
    node.greedy ??= { name, node: newNode<Route>() };
    return node.greedy.node;
  }
  node.parameter ??= { name, node: newNode<Route>() };
  return node.parameter.node;
}

function descend<Route>(
  node: Node<Route>,
  segments: readonly string[],
  depth: number,
  parameters: Readonly<Record<string, string>>,
  httpMethod: string,
): RouteMatch<Route> | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    const route = node.methods.get(httpMethod) ?? node.methods.get("ANY");
    return route && { route, pathParameters: parameters };
  }
  const fixed = node.children.get(segment);
  const found = fixed && descend(fixed, segments, depth + 1, parameters, httpMethod);
  if (found) return found;
  if (node.parameter && segment !== "") {
    const { name, node: next } = node.parameter;
    const matched = descend(next, segments, depth + 1, { ...parameters, [name]: segment }, httpMethod);
    if (matched) return matched;
  }
  if (!node.greedy) return undefined;
  const { name, node: last } = node.greedy;
  const rest = segments.slice(depth).join("/");
  return descend(last, [], 0, { ...parameters, [name]: rest }, httpMethod);
}
