import Foundation
import PackagePlugin

/// Compiles the Swift of a contract into the target that holds it: of its `openapi.yaml`, and of its SQL files in `db`.
@main
struct KatanaPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let folder = TargetContract.path(target.directoryURL)
    let contract = try TargetContract(folder: folder)
    let outputs = contract.outputs.map { context.pluginWorkDirectoryURL.appending(path: $0) }
    var arguments = ["--target", folder]
    for input in contract.inputs { arguments += ["--input", input] }
    for output in outputs { arguments += ["--output", TargetContract.path(output)] }
    return [
      .buildCommand(
        displayName: "Generating Swift from \(contract.name) for \(target.name)",
        executable: try context.tool(named: "KatanaPluginTool").url,
        arguments: arguments,
        inputFiles: contract.inputs.map { URL(filePath: $0) },
        outputFiles: outputs)
    ]
  }
}
