const METRIC_NAME = /^[A-Za-z_]\w{0,127}$/;
const RESERVED = /^(model_file|preprocessing_file|additional_output_folder|collection_data_\d+|previous_metrics)$/;

/** The file names that scripts are given. */
export const isReservedMetric = (name: string): boolean => RESERVED.test(name);

/** Letters, digits and "_", not first a digit, at most 128; none of the reserved names. */
export const isMetricName = (name: string): boolean => METRIC_NAME.test(name) && !isReservedMetric(name);
