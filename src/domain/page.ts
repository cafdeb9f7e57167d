/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Position of the last item, after which the next page begins; null on the last page. */
  readonly next: string | null;
}

export const DEFAULT_PAGE_SIZE = 20;
