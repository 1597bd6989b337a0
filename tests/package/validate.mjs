// Whether the file is CycloneDX 1.5, by the strict JSON schema: exit 0, or 1 and what is wrong.
//   node validate.mjs FILE
import {readFileSync} from 'node:fs'
import {Spec, Validation} from '@cyclonedx/cyclonedx-library'

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5)
const errors = await validator.validate(readFileSync(process.argv[2], 'utf8'))
if (errors !== null) {
  console.error(JSON.stringify(errors, null, 1))
  process.exitCode = 1
}
