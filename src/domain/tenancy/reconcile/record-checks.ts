import type { Check } from "./difference.ts";

export const danglingSlugs: Check = ({ tenantId, tenant, slugs }) =>
  slugs
    .filter((slug) => slug !== tenant?.slug)
    .map((slug) => ({
      kind: "slug-dangling",
      thing: slug,
      detail: `The slug "${slug}" is taken by ${tenantId}, ${tenant ? "whose slug is another" : "which there is not"}.`,
      mend: { says: "set it free", run: ({ repairs }) => repairs.deleteSlug(slug, tenantId) },
    }));

export const missingSlugs: Check = ({ tenant, slugs }) =>
  !tenant || slugs.includes(tenant.slug)
    ? []
    : [
        {
          kind: "slug-missing",
          thing: tenant.slug,
          detail: `The slug "${tenant.slug}" is not reserved for its tenant, so another could take it.`,
          mend: { says: "reserve it", run: ({ repairs }) => repairs.putSlug(tenant) },
        },
      ];

/** Data of a tenant that nobody knows is kept: it may be the record that was lost. */
export const leftData: Check = ({ tenantId, tenant, hasData }) =>
  hasData && (tenant === undefined || tenant.status === "deleted")
    ? [
        {
          kind: "data-left",
          thing: `${tenantId}#`,
          detail: `There is data of ${tenantId}, ${tenant ? "which is deleted" : "which there is not"}.`,
          ...(tenant && {
            mend: {
              says: "delete the data",
              run: async ({ holdings, renew }) => {
                let cursor: string | undefined;
                do {
                  await renew();
                  const page = await holdings.data(tenantId, cursor);
                  await holdings.deleteData(tenantId, page.keys);
                  cursor = page.next;
                } while (cursor !== undefined);
              },
            },
          }),
        },
      ]
    : [];
