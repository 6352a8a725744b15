/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where a local weir keeps everything when --data is not given: $WEIR_DATA, else ~/.weir. Lives as long as the process.
 */
const char *cli_default_data_dir(void);
