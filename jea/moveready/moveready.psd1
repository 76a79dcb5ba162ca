# The module that holds moveready's roles: PowerShell looks for them in its folder RoleCapabilities.
@{
    ModuleVersion = '1.0.0'
    GUID = 'b5a2e0d4-7d1f-4a0a-8c7e-51c7f8a3d912'
    Author = 'The moveready authors'
    Description = 'Roles of moveready for JEA: moveready-checks and moveready-fixer.'
    PowerShellVersion = '5.1'
}
