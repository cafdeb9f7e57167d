export interface ClientSecret {
  /** `<client id>--<epoch milliseconds of its creation>` */
  readonly id: string;
  /** In clear, because DescribeUserPoolClient gives it again and SECRET_HASH is keyed with it. */
  readonly value: string;
  readonly createdAt: number;
}
