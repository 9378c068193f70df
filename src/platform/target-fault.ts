// Why a client's URL is not called: a key and its values, for whoever words it.
export type TargetFault =
  | [key: 'url_incomplete' | 'url_not_https' | 'url_not_http' | 'url_plain_http' | 'url_credentials']
  | [key: 'name_not_public' | 'name_leads_inside' | 'name_unresolved', name: string]
  | [key: 'address_not_public', address: string]
  | [key: 'port_refused', port: string, allowed: readonly string[]];
