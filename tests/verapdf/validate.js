// Holds the PDFs that are named against PDF/A-3b and writes, as JSON, what does not hold of each. Rhino runs it.
importPackage(org.verapdf.gf.foundry, org.verapdf.pdfa, org.verapdf.pdfa.flavours);

VeraGreenfieldFoundryProvider.initialise();
const foundry = Foundries.defaultInstance();
const found = {};
arguments.forEach((name) => {
  const parser = foundry.createParser(new java.io.File(name));
  const result = foundry.createValidator(PDFAFlavour.PDFA_3_B, false).validate(parser);
  const broken = result.getTestAssertions().toArray().map((one) =>
    "ISO 19005-3, " + one.getRuleId().getClause() + ", test " + one.getRuleId().getTestNumber() + ": " + one.getMessage() +
    " (" + one.getLocation().getContext() + ")");
  found[name] = { checks: Number(result.getTotalAssertions()), broken: broken };
  parser.close();
});
print(JSON.stringify(found));
