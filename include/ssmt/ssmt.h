/* ssmtranslate: the library's one header
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_H
#define SSMT_H

#include "ssmt/ssmt-alignment.h"
#include "ssmt/ssmt-caption-line.h"
#include "ssmt/ssmt-catalog.h"
#include "ssmt/ssmt-error.h"
#include "ssmt/ssmt-glossary.h"
#include "ssmt/ssmt-language-tracker.h"
#include "ssmt/ssmt-language.h"
#include "ssmt/ssmt-lines.h"
#include "ssmt/ssmt-model-info.h"
#include "ssmt/ssmt-model.h"
#include "ssmt/ssmt-prime.h"
#include "ssmt/ssmt-score.h"
#include "ssmt/ssmt-state.h"
#include "ssmt/ssmt-stream.h"
#include "ssmt/ssmt-text.h"
#include "ssmt/ssmt-translation.h"
#include "ssmt/ssmt-version.h"

#endif /* SSMT_H */
