/* ssmtranslate: the library's one header
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_H
#define SSMT_H

#include "ssmt-alignment.h"
#include "ssmt-error.h"
#include "ssmt-growing.h"
#include "ssmt-model.h"
#include "ssmt-prime.h"
#include "ssmt-score.h"
#include "ssmt-stream.h"

#endif /* SSMT_H */
