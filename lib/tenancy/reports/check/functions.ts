/** Functions of pg_catalog that a report may call, by family: what only computes from what it is given, or tells what the tenant's own role may see anyway. */

const families: Readonly<Record<string, string>> = {
  aggregate:
    'any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_object_agg jsonb_agg jsonb_object_agg json_agg_strict jsonb_agg_strict ' +
    'json_object_agg_strict json_object_agg_unique jsonb_object_agg_strict jsonb_object_agg_unique max min range_agg range_intersect_agg string_agg sum xmlagg ' +
    'corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp variance var_pop var_samp ' +
    'mode percentile_cont percentile_disc rank dense_rank percent_rank cume_dist grouping',
  window: 'row_number ntile lag lead first_value last_value nth_value',
  math:
    'abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod pi power pow radians round scale sign sqrt trim_scale trunc width_bucket random ' +
    'acos acosd asin asind atan atand atan2 atan2d cos cosd cot cotd sin sind tan tand sinh cosh tanh asinh acosh atanh greatest least num_nulls num_nonnulls',
  string:
    'ascii btrim casefold char_length character_length chr concat concat_ws convert convert_from convert_to decode encode format initcap is_normalized left length like_escape lower lpad ltrim md5 normalize ' +
    'octet_length bit_length overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace ' +
    'regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim similar_to_escape split_part starts_with string_to_array string_to_table strpos substr ' +
    'substring to_ascii to_bin to_hex to_oct translate unistr upper get_bit get_byte set_bit set_byte sha224 sha256 sha384 sha512 crc32 crc32c bit_count hashtext',
  formatting: 'to_char to_date to_number to_timestamp',
  time:
    'age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days justify_hours justify_interval localtime localtimestamp make_date make_interval make_time ' +
    'make_timestamp make_timestamptz now overlaps statement_timestamp timeofday timezone transaction_timestamp',
  json:
    'array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object ' +
    'json_object_keys json_populate_record json_populate_recordset json_scalar json_serialize json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_array_elements jsonb_array_elements_text ' +
    'jsonb_array_length jsonb_build_array jsonb_build_object jsonb_concat jsonb_each jsonb_each_text jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path jsonb_extract_path_text ' +
    'jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz ' +
    'jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record ' +
    'jsonb_to_recordset jsonb_typeof row_to_json to_json to_jsonb',
  array:
    'array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove array_replace array_reverse array_sample array_shuffle ' +
    'array_sort array_to_string array_upper cardinality generate_series generate_subscripts trim_array unnest',
  range:
    'int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange isempty lower_inc lower_inf multirange range_merge upper_inc upper_inf',
  search:
    'array_to_tsvector get_current_ts_config numnode phraseto_tsquery plainto_tsquery querytree setweight strip to_tsquery to_tsvector ts_delete ts_filter ts_headline ts_rank ts_rank_cd ts_lexize ' +
    'tsquery_phrase tsvector_to_array websearch_to_tsquery',
  other:
    'abbrev broadcast cidr_split family host hostmask inet_merge inet_same_family masklen netmask network set_masklen text gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version ' +
    'enum_first enum_last enum_range xmlcomment xmlconcat xmlelement xmlforest xpath xpath_exists xmlexists area center diagonal diameter height isclosed isopen npoints path point polygon box circle line lseg ' +
    'slope width bound_box',
  about:
    'current_database current_schema current_setting current_user format_type pg_column_size pg_typeof pg_size_pretty pg_size_bytes pg_table_size pg_indexes_size pg_relation_size pg_total_relation_size ' +
    'pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_viewdef obj_description col_description to_regclass to_regtype version pg_input_is_valid',
}

const listed: ReadonlySet<string> = new Set(Object.values(families).flatMap((names) => names.split(' ')))

export const isListedFunction = (name: string): boolean => listed.has(name)

/** Never a tenant's own, and never listed: said without asking a tenant. */
const foreign =
  /^(pg_|lo_|dblink|txid_|inet_(client|server)_|has_|ts_stat$|ts_rewrite$|set_config$|nextval$|setval$|currval$|lastval$|(query|table|cursor|schema|database)_to_xml|binary_upgrade_)/

export const isForeignFunction = (name: string): boolean => foreign.test(name) && !listed.has(name)

/** Views and tables of pg_catalog that a report may read: names and sizes, nobody's values. */
const catalogs: ReadonlySet<string> = new Set([
  'pg_attribute',
  'pg_class',
  'pg_constraint',
  'pg_enum',
  'pg_index',
  'pg_indexes',
  'pg_matviews',
  'pg_namespace',
  'pg_sequences',
  'pg_stat_user_indexes',
  'pg_stat_user_tables',
  'pg_statio_user_tables',
  'pg_tables',
  'pg_timezone_names',
  'pg_type',
  'pg_views',
])

export const isReadableCatalog = (name: string): boolean => catalogs.has(name)
